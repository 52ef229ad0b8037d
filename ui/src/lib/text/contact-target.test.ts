import { describe, expect, it } from 'vitest';

import { emailTarget, phoneTarget } from './contact-target';

describe('contact targets', () => {
  it('are whole numbers and addresses', () => {
    expect(phoneTarget('+447700900118')).toBe('tel:+447700900118');
    expect(emailTarget('nora.l@example.com')).toBe('mailto:nora.l@example.com');
  });
  it.each(['a@b.example?bcc=x@y.example', 'a@b.example,c@d.example', 'a b@c.example', '<a@b.example>', 'a', ''])(
    'refuse the address %s',
    (email) => {
      expect(emailTarget(email)).toBeNull();
    },
  );
  it.each(['*21*5551234#', '+44770090011,5', '', '112'])('refuse the number %s', (phone) => {
    expect(phoneTarget(phone)).toBeNull();
  });
});

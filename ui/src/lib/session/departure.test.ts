import { describe, expect, it } from 'vitest';
import { strings } from '../strings/session';
import { departureWords } from './departure';

const erased = (audit: number | null, edits = 0) => ({
  erased: { lost: audit === null ? null : { audit, edits, drafts: 0 } },
});

describe('what is said of a sign-out', () => {
  it('nothing, where it ended as it was asked for', () => {
    expect(departureWords({ end: erased(0), isOwn: true })).toBeNull();
    expect(departureWords({ end: erased(null), isOwn: true })).toBeNull();
  });

  it('what was lost, and that it happened elsewhere', () => {
    expect(departureWords({ end: erased(0), isOwn: false })?.text).toBe(strings.signedOutElsewhere);
    expect(departureWords({ end: erased(1), isOwn: true })?.text).toBe(
      '1 audit entry of this computer never reached the server and is lost.',
    );
    expect(departureWords({ end: erased(1, 2), isOwn: true })?.text).toBe(
      '2 changes and 1 audit entry of this computer never reached the server and are lost.',
    );
    const revoked = departureWords({ end: erased(3), isOwn: false })?.text;
    expect(revoked).toContain(strings.signedOutElsewhere);
    expect(revoked).toContain('3 audit entries of this computer never reached the server and are lost.');
    expect(departureWords({ end: erased(null), isOwn: false })?.text).toContain(strings.lostUnknown);
  });

  it('where what could not be read was put, and what to do', () => {
    for (const isOwn of [true, false]) {
      const words = departureWords({ end: { set_aside: { folder: '/home/x/accounts/1' } }, isOwn });
      expect(words).toEqual({ text: strings.setAside, folder: '/home/x/accounts/1', advice: strings.setAsideAdvice });
    }
  });
});

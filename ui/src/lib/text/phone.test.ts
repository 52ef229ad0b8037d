import { describe, expect, it } from 'vitest';

import { phoneText } from './phone';

describe('phoneText', () => {
  it.each([
    ['+447700900118', '+44 7700 900118'],
    ['+351912345678', '+351 912 345 678'],
    ['+12025550143', '+1 202 555 0143'],
    ['+4915112345678', '+49 1511 234 5678'],
    ['+5511912345678', '+55 1191 234 5678'],
    ['+12345', '+1 2345'],
    ['not a number', 'not a number'],
    ['', ''],
  ])('%s is %s', (phone, text) => {
    expect(phoneText(phone)).toBe(text);
  });

  it('never adds or loses a digit', () => {
    for (let length = 5; length <= 15; length += 1) {
      const phone = `+${'987654321012345'.slice(0, length)}`;
      expect(phoneText(phone).replace(/ /g, '')).toBe(phone);
    }
  });
});

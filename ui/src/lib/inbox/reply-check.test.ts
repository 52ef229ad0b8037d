import { describe, expect, it } from 'vitest';

import { checkReply, MOST_BYTES } from './reply-check';

describe('an answer', () => {
  it('says something', () => {
    expect(checkReply('Yes').canSend).toBe(true);
    for (const text of ['', ' ', '\n\t ']) expect(checkReply(text).canSend).toBe(false);
  });

  it('is told before it is too long, in bytes and not in letters', () => {
    expect(checkReply('x'.repeat(50_000)).leftBytes).toBeNull();
    expect(checkReply('x'.repeat(60_000))).toEqual({ canSend: true, leftBytes: MOST_BYTES - 60_000 });
    expect(checkReply('x'.repeat(MOST_BYTES))).toEqual({ canSend: true, leftBytes: 0 });
    expect(checkReply('é'.repeat(MOST_BYTES / 2))).toEqual({ canSend: true, leftBytes: 0 });
    expect(checkReply(`${'é'.repeat(MOST_BYTES / 2)}!`)).toEqual({ canSend: false, leftBytes: -1 });
    expect(checkReply('🎉'.repeat(MOST_BYTES / 4)).leftBytes).toBe(0);
  });
});

import { describe, expect, it } from 'vitest';

import { message, move } from '../../test/conversation';
import { threadItems, type ThreadItem } from './thread-items';

const shape = (items: ThreadItem[]): string[] =>
  items.map((item) => (item.kind === 'message' ? `${item.joins ? '+' : ''}${item.message.id}` : item.kind));

const whole = { timeZone: 'Europe/Lisbon', hasOlder: false, hasNewer: false };

describe('threadItems', () => {
  it('separates days by the studio’s midnight, not by this computer’s', () => {
    const messages = [message('a', '2026-07-01T22:30:00Z'), message('b', '2026-07-01T23:30:00Z')];
    expect(shape(threadItems(messages, [], whole))).toEqual(['day', 'a', 'day', 'b']);
    expect(shape(threadItems(messages, [], { ...whole, timeZone: 'America/New_York' }))).toEqual(['day', 'a', 'b']);
  });

  it('puts stage moves where they happened', () => {
    const messages = [message('a', '2026-11-15T10:00:00Z'), message('b', '2026-11-16T10:00:00Z', 'outbound')];
    const events = [move('m2', '2026-11-16T12:00:00Z'), move('m1', '2026-11-16T09:00:00Z')];
    expect(shape(threadItems(messages, events, whole))).toEqual(['day', 'a', 'day', 'stage', 'b', 'stage']);
  });

  it('leaves out moves of a time whose messages are not held', () => {
    const messages = [message('a', '2026-11-15T10:00:00Z'), message('b', '2026-11-15T11:00:00Z')];
    const events = [move('m1', '2026-11-14T09:00:00Z'), move('m2', '2026-11-16T09:00:00Z')];
    const items = threadItems(messages, events, { ...whole, hasOlder: true, hasNewer: true });
    expect(shape(items)).toEqual(['day', 'a', 'b']);
  });

  it('draws what one author says within minutes as one', () => {
    const messages = [
      message('a', '2026-11-15T10:00:00Z'),
      message('b', '2026-11-15T10:02:00Z'),
      message('c', '2026-11-15T10:03:00Z', 'outbound'),
      message('d', '2026-11-15T10:30:00Z', 'outbound'),
    ];
    expect(shape(threadItems(messages, [], whole))).toEqual(['day', 'a', '+b', 'c', 'd']);
  });

  it('has unique keys even if a wrong clock mixed the days', () => {
    const messages = [
      message('a', '2026-11-15T10:00:00Z'),
      message('b', '2020-01-01T00:00:00Z'),
      message('c', '2026-11-15T10:00:00Z'),
    ];
    const keys = threadItems(messages, [], whole).map((item) => item.key);
    expect(new Set(keys).size).toBe(keys.length);
  });
});

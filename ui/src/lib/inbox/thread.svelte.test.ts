import { beforeEach, describe, expect, it, vi } from 'vitest';

import { errorView, useBackend, type Backend } from '../backend';
import type { Message } from '../bindings/Message';
import type { MessageAnchor } from '../bindings/MessageAnchor';
import type { MessagePage } from '../bindings/MessagePage';
import type { UnsentReply } from '../bindings/UnsentReply';
import { MOST_HELD, PAGE, Thread } from './thread.svelte';

let stored: Message[] = [];
let asked: MessageAnchor[] = [];
let gate: Promise<void> | null = null;

function message(n: number, direction: 'inbound' | 'outbound' = 'inbound'): Message {
  return {
    id: `m${String(n).padStart(5, '0')}`,
    conversation_id: 'c',
    lead_id: 'l',
    direction,
    author_id: null,
    body: 'x',
    status: 'sent',
    failure_reason: null,
    sent_at: n,
  };
}

function places(messages: Message[], searched: string): MessagePage['found'] {
  return messages
    .filter(({ body }) => body.includes(searched))
    .map(({ id, body }) => ({
      message_id: id,
      spans: [{ start: body.indexOf(searched), end: body.indexOf(searched) + searched.length }],
    }));
}

async function messagePage(
  _: string,
  anchor: MessageAnchor,
  limit: number,
  searched: string | null,
): Promise<MessagePage> {
  asked.push(anchor);
  if (gate !== null) await gate;
  const place = (id: string): number => stored.findIndex((one) => one.id === id);
  let start = stored.length - limit;
  let end = stored.length;
  if (anchor !== 'newest') {
    if ('before' in anchor) [start, end] = [place(anchor.before) - limit, place(anchor.before)];
    else if ('after' in anchor) [start, end] = [place(anchor.after) + 1, place(anchor.after) + 1 + limit];
    else {
      if (place(anchor.around) < 0) throw errorView('not_found') as unknown as Error;
      start = place(anchor.around) - limit / 2;
      end = start + limit;
    }
  }
  start = Math.max(0, start);
  end = Math.min(stored.length, end);
  return {
    messages: stored.slice(start, end),
    has_older: start > 0,
    has_newer: end < stored.length,
    history_incomplete: false,
    found: searched === null ? [] : places(stored.slice(start, end), searched),
    unsent: stored.slice(start, end).flatMap(({ id }) => (waiting.has(id) ? [waitingOf(id)] : [])),
  };
}

/** Messages that are not on the server. */
let waiting = new Set<string>();
const waitingOf = (id: string): UnsentReply => ({
  message_id: id,
  operation_id: `act of ${id}`,
  state: 'waiting',
  can_take_back: true,
});

const many = (count: number): Message[] => Array.from({ length: count }, (_, n) => message(n));
const ids = (thread: Thread): string[] => thread.messages.map((one) => one.id);

beforeEach(async () => {
  asked = [];
  gate = null;
  waiting = new Set();
  await useBackend({ messagePage, listen: () => Promise.resolve(() => undefined) } as unknown as Backend);
});

describe('Thread', () => {
  it('opens at the newest and grows upwards without gaps or doubles', async () => {
    stored = many(130);
    const thread = new Thread();
    await thread.open('c', null);
    expect(thread.messages.length).toBe(PAGE);
    await thread.loadOlder();
    await thread.loadOlder();
    expect(ids(thread)).toEqual(stored.map((one) => one.id));
    expect(thread.hasOlder).toBe(false);
    const before = asked.length;
    await thread.loadOlder();
    expect(asked.length).toBe(before);
  });

  it('holds a bounded window and comes back from it', async () => {
    stored = many(1_000);
    const thread = new Thread();
    await thread.open('c', null);
    while (thread.hasOlder) await thread.loadOlder();
    expect(thread.messages.length).toBe(MOST_HELD);
    expect(ids(thread)[0]).toBe('m00000');
    expect(thread.hasNewer).toBe(true);
    while (thread.hasNewer) await thread.loadNewer();
    expect(ids(thread)).toEqual(stored.slice(-MOST_HELD).map((one) => one.id));
    expect(thread.hasOlder).toBe(true);
  });

  it('knows which messages are not on the server, for as long as they are not', async () => {
    stored = many(130);
    waiting = new Set(['m00129', 'm00020']);
    const thread = new Thread();
    await thread.open('c', null);
    expect([...thread.unsent.keys()]).toEqual(['m00129']);
    await thread.loadOlder();
    await thread.loadOlder();
    expect([...thread.unsent.keys()].sort()).toEqual(['m00020', 'm00129']);
    waiting = new Set(['m00020']);
    await thread.refresh();
    expect([...thread.unsent.keys()]).toEqual(['m00020']);
    await thread.open('other', null);
    expect(thread.unsent.has('m00129')).toBe(false);
  });

  it('opens around a message', async () => {
    stored = many(500);
    const thread = new Thread();
    await thread.open('c', 'm00100');
    expect(ids(thread)).toContain('m00100');
    expect([thread.hasOlder, thread.hasNewer, thread.isTargetMissing]).toEqual([true, true, false]);
  });

  it('shows the newest when the message it should open at is gone', async () => {
    stored = many(80);
    const thread = new Thread();
    await thread.open('c', 'gone');
    expect(thread.isTargetMissing).toBe(true);
    expect(ids(thread).at(-1)).toBe('m00079');
  });

  it('takes in new messages at its newest end, keeps the older ones, and tells which came in', async () => {
    stored = many(100);
    const thread = new Thread();
    await thread.open('c', null);
    await thread.loadOlder();
    stored = [...stored, message(100), message(101, 'outbound')];
    const arrived = await thread.refresh();
    expect(arrived.map((one) => one.id)).toEqual(['m00100']);
    expect(thread.messages.length).toBe(102);
    expect(await thread.refresh()).toEqual([]);
  });

  it('takes in the first message that came before those known, as a first sync brings them', async () => {
    stored = many(10).slice(5);
    const thread = new Thread();
    await thread.open('c', null);
    stored = many(11);
    const arrived = await thread.refresh();
    expect(ids(thread)).toEqual(stored.map((one) => one.id));
    expect(arrived.map((one) => one.id)).toEqual(['m00010']);
  });

  it('renews delivery marks', async () => {
    stored = many(3);
    const thread = new Thread();
    await thread.open('c', null);
    stored = stored.map((one) => ({ ...one, status: 'read' as const }));
    await thread.refresh();
    expect(thread.messages.every((one) => one.status === 'read')).toBe(true);
  });

  it('does not jump to the end while older messages are read', async () => {
    stored = many(500);
    const thread = new Thread();
    await thread.open('c', 'm00100');
    const before = ids(thread);
    stored = [...stored, message(500)];
    expect(await thread.refresh()).toEqual([]);
    expect(ids(thread)).toEqual(before);
  });

  it('knows where the words stand that were searched, on every page, as the text is now', async () => {
    stored = many(200).map((one, n) => (n % 25 === 0 ? { ...one, body: 'a saturday' } : one));
    const lit = (thread: Thread): string[] => [...thread.spans.keys()].toSorted();
    const held = (thread: Thread): string[] =>
      thread.messages.filter(({ body }) => body.includes('saturday')).map(({ id }) => id);
    const thread = new Thread();
    await thread.open('c', 'm00100', 'saturday');
    expect(thread.spans.get('m00100')).toEqual([{ start: 2, end: 10 }]);
    expect(lit(thread)).toEqual(['m00075', 'm00100']);
    await thread.loadOlder();
    await thread.loadNewer();
    await thread.loadNewer();
    expect(lit(thread)).toEqual(held(thread));
    expect(lit(thread).length).toBeGreaterThan(4);
    stored = stored.map((one) => (one.id === 'm00175' ? { ...one, body: 'on saturday' } : one));
    stored = stored.map((one) => (one.id === 'm00150' ? { ...one, body: 'sunday' } : one));
    await thread.refresh();
    expect(thread.spans.get('m00175')).toEqual([{ start: 3, end: 11 }]);
    expect(lit(thread)).toEqual(held(thread));
    await thread.open('other', null);
    expect(lit(thread)).toEqual([]);
  });

  it('starts anew rather than leave a gap when more came than a page holds', async () => {
    stored = many(10);
    const thread = new Thread();
    await thread.open('c', null);
    stored = many(10 + PAGE * 2);
    await thread.refresh();
    expect(ids(thread)).toEqual(stored.slice(-PAGE).map((one) => one.id));
    expect(thread.hasOlder).toBe(true);
  });

  it('drops the answer for a conversation that was left', async () => {
    stored = many(5);
    const thread = new Thread();
    let release = (): void => undefined;
    gate = new Promise((resolve) => {
      release = resolve;
    });
    const slow = thread.open('slow', null);
    gate = null;
    stored = many(2);
    await thread.open('quick', null);
    stored = many(5);
    release();
    await slow;
    expect(thread.messages.length).toBe(2);
  });

  it('reads once more for all the changes that came while it was reading', async () => {
    stored = many(5);
    const thread = new Thread();
    await thread.open('c', null);
    asked = [];
    await Promise.all([thread.refresh(), thread.refresh(), thread.refresh(), thread.refresh()]);
    await vi.waitFor(() => {
      expect(asked.length).toBe(2);
    });
  });

  it('keeps what it shows when reading fails, and recovers', async () => {
    stored = many(5);
    const thread = new Thread();
    await thread.open('c', null);
    gate = Promise.reject(errorView('cache_unavailable', true) as unknown as Error);
    await thread.refresh();
    expect(thread.error?.code).toBe('cache_unavailable');
    expect(thread.messages.length).toBe(5);
    gate = null;
    await thread.retry();
    expect(thread.error).toBeNull();
  });
});

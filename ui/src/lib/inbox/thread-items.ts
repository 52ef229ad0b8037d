// What a thread shows, in order: days, stage moves, messages. Pure.

import type { Message } from '../bindings/Message';
import type { StageEvent } from '../bindings/StageEvent';
import { daysBetween } from '../format/time';

export type ThreadItem =
  | { kind: 'day'; key: string; at: number }
  | { kind: 'stage'; key: string; event: StageEvent }
  /** `joins`: by the same author within minutes of the one before, drawn close to it. */
  | { kind: 'message'; key: string; message: Message; joins: boolean };

/** Messages by one author that come within this of each other are drawn as one group. */
const JOIN_MS = 5 * 60_000;

export interface ThreadOptions {
  /** IANA name; days begin and end by it. */
  timeZone: string;
  /** Whether the window of messages reaches to the very first and the very last. */
  hasOlder: boolean;
  hasNewer: boolean;
}

/** Messages, oldest first, with the stage moves of their time and a heading for each day. */
export function threadItems(
  messages: readonly Message[],
  events: readonly StageEvent[],
  { timeZone, hasOlder, hasNewer }: ThreadOptions,
): ThreadItem[] {
  const first = messages[0]?.sent_at ?? Number.POSITIVE_INFINITY;
  const last = messages.at(-1)?.sent_at ?? Number.NEGATIVE_INFINITY;
  const moves = events
    .filter((event) => (!hasOlder || event.at >= first) && (!hasNewer || event.at <= last))
    .toSorted((a, b) => a.at - b.at);
  const items: ThreadItem[] = [];
  let dayAt: number | null = null;
  let before: Message | null = null;
  const openDay = (at: number): void => {
    if (dayAt !== null && daysBetween(dayAt, at, timeZone) === 0) return;
    // A clock that was wrong can send a message from another day into the middle: keys stay unique by place.
    items.push({ kind: 'day', key: `day ${String(at)} ${String(items.length)}`, at });
    dayAt = at;
    before = null;
  };
  let next = 0;
  const addMoves = (until: number): void => {
    for (let move = moves[next]; move !== undefined && move.at <= until; move = moves[next]) {
      openDay(move.at);
      items.push({ kind: 'stage', key: move.id, event: move });
      before = null;
      next += 1;
    }
  };
  for (const message of messages) {
    addMoves(message.sent_at);
    openDay(message.sent_at);
    items.push({ kind: 'message', key: message.id, message, joins: before !== null && isJoined(before, message) });
    before = message;
  }
  addMoves(Number.POSITIVE_INFINITY);
  return items;
}

function isJoined(before: Message, message: Message): boolean {
  return (
    before.direction === message.direction &&
    before.author_id === message.author_id &&
    message.sent_at - before.sent_at < JOIN_MS
  );
}

// Messages and moves that tests put into a conversation.

import type { Message } from '../lib/bindings/Message';
import type { StageEvent } from '../lib/bindings/StageEvent';

/** Milliseconds since the epoch of an ISO 8601 time. */
export const at = (iso: string): number => Date.parse(iso);

/** A message that says its own id. */
export function message(id: string, time: string, direction: 'inbound' | 'outbound' = 'inbound'): Message {
  return {
    id,
    conversation_id: 'c',
    lead_id: 'l',
    direction,
    author_id: direction === 'outbound' ? 'asha' : null,
    body: id,
    status: 'delivered',
    failure_reason: null,
    sent_at: at(time),
  };
}

/** A move from stage `a` to stage `b`. */
export function move(id: string, time: string): StageEvent {
  return { id, lead_id: 'l', from_stage_id: 'a', to_stage_id: 'b', member_id: null, at: at(time) };
}

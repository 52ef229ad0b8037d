// What happened to a lead, as its timeline tells it. Pure.

import type { Channel } from '../bindings/Channel';
import type { ConversationRow } from '../bindings/ConversationRow';
import type { Direction } from '../bindings/Direction';
import type { FieldEdit } from '../bindings/FieldEdit';
import type { Lead } from '../bindings/Lead';
import type { LeadEditRecord } from '../bindings/LeadEditRecord';
import type { MemberId } from '../bindings/MemberId';
import type { Message } from '../bindings/Message';
import type { StageEvent } from '../bindings/StageEvent';
import { daysBetween } from '../format/time';

export type TimelineEntry =
  | { kind: 'enquired'; key: string; at: number }
  | { kind: 'moved'; key: string; at: number; event: StageEvent }
  /** What somebody made of its fields, or wanted to. */
  | { kind: 'edited'; key: string; at: number; memberId: MemberId; changes: readonly FieldEdit[] }
  /** A day on which something was said in a conversation: by the lead, by the studio, or by both. `at` is the last word. */
  | { kind: 'wrote' | 'replied' | 'talked'; key: string; at: number; channel: Channel };

/**
 * What happened to a lead, newest first: how it came, its moves and edits, and the days on which somebody wrote. Of conversations whose
 * messages are not given, the last word only.
 */
export function leadTimeline(
  lead: Pick<Lead, 'created_at'>,
  events: readonly StageEvent[],
  edits: readonly LeadEditRecord[],
  conversations: readonly ConversationRow[],
  messages: readonly Message[],
  timeZone: string,
): TimelineEntry[] {
  const entries: TimelineEntry[] = [
    { kind: 'enquired', key: 'enquired', at: lead.created_at },
    ...events.map((event): TimelineEntry => ({ kind: 'moved', key: event.id, at: event.at, event })),
  ];
  for (const { id, at, member_id: memberId, changes: all } of edits) {
    // Moves are told by themselves, also one that a later one stood against.
    const changes = all.filter(({ field, outcome }) => field !== 'stage_id' || outcome === 'conflict');
    if (changes.length > 0) entries.push({ kind: 'edited', key: id, at, memberId, changes });
  }
  for (const conversation of conversations) {
    const { id, channel } = conversation;
    const own = messages.filter((message) => message.conversation_id === id);
    if (own.length === 0) {
      const kind = conversation.preview_direction === 'inbound' ? 'wrote' : 'replied';
      entries.push({ kind, key: id, at: conversation.last_message_at, channel });
    }
    let sides = new Set<Direction>();
    for (const [at, message] of own.entries()) {
      sides.add(message.direction);
      const next = own[at + 1];
      if (next !== undefined && daysBetween(message.sent_at, next.sent_at, timeZone) === 0) continue;
      const kind = sides.size > 1 ? 'talked' : sides.has('inbound') ? 'wrote' : 'replied';
      entries.push({ kind, key: message.id, at: message.sent_at, channel });
      sides = new Set();
    }
  }
  // At the same moment the enquiry came first; newest first puts it last.
  return entries.sort((a, b) => b.at - a.at || Number(a.kind === 'enquired') - Number(b.kind === 'enquired'));
}

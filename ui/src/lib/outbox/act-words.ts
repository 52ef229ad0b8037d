// What an act was, and why it was refused, in words. Names and values, which are hostile, are drawn by themselves.

import type { ConversationId } from '../bindings/ConversationId';
import type { FieldChange } from '../bindings/FieldChange';
import type { FieldValue } from '../bindings/FieldValue';
import type { LeadId } from '../bindings/LeadId';
import type { LeadField } from '../bindings/LeadField';
import type { OutboxAct } from '../bindings/OutboxAct';
import type { OutboxRefusal } from '../bindings/OutboxRefusal';
import type { OutboxRow } from '../bindings/OutboxRow';
import type { OutboxState } from '../bindings/OutboxState';
import { editable, fieldKey } from '../edit/lead-fields';
import { customWords } from '../fields/custom-value';
import { fieldName, fieldWord } from '../session/names';
import { session } from '../session/session.svelte';
import { strings } from '../strings/outbox';

export interface ActWords {
  /** Before the name: `Stage of`. */
  verb: string;
  /** Of the lead; null where it is not here any more. */
  name: string | null;
  leadId: LeadId | null;
  /** Where it was said. */
  conversationId: ConversationId | null;
  /** What became of its fields. */
  changes: readonly FieldChange[];
  /** What was written, where that is no field. */
  text: string | null;
}

export function actWords(act: OutboxAct): ActWords {
  if ('lead_edited' in act) {
    const { lead_id, lead_name, changes } = act.lead_edited;
    const field = changes[0]?.field;
    const verb = field === undefined ? strings.of(strings.title) : strings.of(fieldName(field));
    return { verb, name: lead_name, leadId: lead_id, conversationId: null, changes, text: null };
  }
  if ('lead_created' in act) {
    const { lead_id, name } = act.lead_created;
    return { verb: strings.created, name, leadId: lead_id, conversationId: null, changes: [], text: null };
  }
  if ('leads_merged' in act) {
    const { lead_id, lead_name, duplicate_name } = act.leads_merged;
    const verb = strings.merged(duplicate_name ?? strings.unnamed);
    return { verb, name: lead_name, leadId: lead_id, conversationId: null, changes: [], text: null };
  }
  const { conversation_id, lead_name, body } = act.replied;
  return {
    verb: strings.replied,
    name: lead_name,
    leadId: null,
    conversationId: conversation_id,
    changes: [],
    text: body,
  };
}

export function refusalOf(state: OutboxState): OutboxRefusal | null {
  return typeof state === 'object' ? state.refused : null;
}

/** Why, and what to do. */
export function refusalWords(refusal: OutboxRefusal): string {
  const { refusals } = strings;
  if (typeof refusal === 'string') return refusals[refusal];
  if ('invalid' in refusal) {
    // `tags[3]` is a tag.
    const named = refusal.invalid?.replace(/\[.*$/, '');
    const field = editable(session.current?.fields ?? []).find((one) => fieldKey(one) === named);
    return field === undefined ? refusals.invalid : refusals.invalidField(fieldWord(field));
  }
  if (refusal.other === 'taken') return refusals.taken;
  return refusal.other === 'too_large' ? refusals.too_large : refusals.other;
}

export function stateWords(state: OutboxState): string {
  if (state === 'waiting') return strings.waiting;
  if (state === 'held') return strings.held;
  return refusalWords(state.refused);
}

/** The same of a row: a lead that was refused can't be edited into one that is taken. */
export function whyWords({ act, state }: Pick<OutboxRow, 'act' | 'state'>): string {
  const refusal = refusalOf(state);
  if ('lead_created' in act && refusal !== null && typeof refusal === 'object' && 'invalid' in refusal)
    return strings.refusals.createdInvalid;
  return stateWords(state);
}

/** All that was written in an act, to be kept elsewhere. Ids of stages and owners are no text. */
export function writtenText({ changes, text }: Pick<ActWords, 'changes' | 'text'>): string {
  const written = changes.map(({ field, to }) => textOf(field, to)).filter((one) => one !== '');
  return [...written, ...(text === null ? [] : [text])].join('\n\n');
}

function textOf(field: LeadField, value: FieldValue): string {
  if ('custom' in value && value.custom !== null) {
    return customWords(value.custom, typeof field === 'string' ? undefined : session.findField(field.custom));
  }
  if ('text' in value) return value.text ?? '';
  if ('tags' in value) return value.tags.join(', ');
  if ('money' in value && value.money !== null) return String(value.money / 100);
  return '';
}

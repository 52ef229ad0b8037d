// Saving: a draft, or a value that was chosen.

import { asErrorView, backend } from '../backend';
import type { Acted } from '../bindings/Acted';
import type { FieldValue } from '../bindings/FieldValue';
import type { LeadEdit } from '../bindings/LeadEdit';
import type { LeadField } from '../bindings/LeadField';
import type { LeadId } from '../bindings/LeadId';
import type { OperationId } from '../bindings/OperationId';
import { ERRORS } from '../errors/error-table';
import { fieldName, kindOf } from '../session/names';
import { strings } from '../strings/edit';
import { acts, failed } from './acts.svelte';
import { drafts, type Draft } from './drafts.svelte';
import { editOf, sameValue } from './lead-fields';
import { isTyped, readTyped } from './typed';

/** Shows the new value, which is on disk by then, before the lead was read again. */
export type ShowValue = (field: LeadField, from: FieldValue, to: FieldValue) => void;

/** What is to become another value. */
type Change = Pick<Draft, 'leadId' | 'field' | 'from' | 'shown' | 'replaces'>;

/** Saves what was typed and closes the field. False where it can't be: the field says why, and stays. */
export async function saveDraft(draft: Draft, show: ShowValue): Promise<boolean> {
  const { leadId, field, from, replaces } = draft;
  const kind = kindOf(field);
  if (!isTyped(field, kind)) return false;
  const read = readTyped(field, draft.typed, kind);
  if ('problem' in read) {
    drafts.change(draft, { problem: strings.problems[read.problem] });
    return false;
  }
  const to = read.value;
  if (sameValue(from, to) && replaces === null) {
    drafts.close(leadId, field);
    return true;
  }
  try {
    acts.tell(await save(draft, to, show), () => strings.saved(fieldName(field)), true);
    return true;
  } catch (reason) {
    const { code } = asErrorView(reason);
    const { title, advice } = ERRORS[code];
    drafts.change(draft, { problem: code === 'invalid_input' ? strings.refused : `${title}. ${advice}` });
    return false;
  }
}

async function save({ leadId, field, from, shown, replaces }: Change, to: FieldValue, show: ShowValue): Promise<Acted> {
  const replaced = replaces === null ? null : await replace(replaces, leadId, editOf(field, from, to));
  // Of a refused act that was done meanwhile the lead holds what it was to do.
  const seen = replaces === null || replaced !== null ? from : shown;
  const acted = replaced ?? (await backend().leadEdit(leadId, editOf(field, seen, to)));
  if (acted.changed > 0) show(field, seen, to);
  drafts.close(leadId, field);
  return acted;
}

/** The refused act goes as what is made of it now comes, in one step. Null where it is not there any more. */
async function replace(id: OperationId, leadId: LeadId, edit: LeadEdit): Promise<Acted | null> {
  try {
    const acted = await backend().outboxReplace(id, leadId, edit);
    drafts.replaced(id);
    return acted;
  } catch (reason) {
    if (asErrorView(reason).code !== 'not_found') throw reason;
    return null;
  }
}

/** Saves what was chosen. */
export async function saveChoice(change: Change, to: FieldValue, said: string, show: ShowValue): Promise<void> {
  if (sameValue(change.from, to) && change.replaces === null) return;
  try {
    acts.tell(await save(change, to, show), () => said, true);
  } catch (reason) {
    failed(asErrorView(reason));
  }
}

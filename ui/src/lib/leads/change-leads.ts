// Changing leads from the list: the row under the cursor, those that are selected, or the whole view.

import { asErrorView, backend } from '../backend';
import type { BulkChange } from '../bindings/BulkChange';
import type { ExportScope } from '../bindings/ExportScope';
import type { LeadEdit } from '../bindings/LeadEdit';
import type { LeadRow } from '../bindings/LeadRow';
import type { LeadState } from '../bindings/LeadState';
import { acts, failed } from '../edit/acts.svelte';
import { ownerName, stageName } from '../session/names';
import { session } from '../session/session.svelte';
import { strings } from '../strings/edit';
import { spokenText } from '../text/spoken';
import { toasts } from '../ui/toast/toasts.svelte';

/** As the desk: what is more is no one act. */
const MOST_LEADS = 10_000;

/** What has to be known of a lead that is changed alone. */
export type ChangedRow = Pick<LeadRow, 'id' | 'stage_id' | 'owner_id' | 'tags' | 'state'>;

/** One lead by its row, or as many as the scope has. */
export type ChangeTarget = { row: ChangedRow } | { scope: ExportScope; count: number };

export function targetCount(target: ChangeTarget): number {
  return 'row' in target ? 1 : target.count;
}

const STATE_WORDS: Readonly<Record<LeadState, (n: number) => string>> = {
  active: strings.restored,
  archived: strings.archived,
  deleted: strings.deleted,
};

/** Why this member may not bring a lead from one state to another; null where they may. */
export function stateForbidden(from: LeadState, to: LeadState): string | null {
  if (from === 'deleted' || to === 'deleted') return session.may('delete_leads') ? null : strings.deleteForbidden;
  return session.may('edit_leads') ? null : strings.editForbidden;
}

/** What was done, for the number of leads that changed. */
export function changeWords(change: BulkChange): (changed: number) => string {
  if ('stage' in change) return (n) => strings.movedTo(n, stageName(change.stage));
  if ('owner' in change) {
    const { owner } = change;
    return owner === null ? strings.toPool : (n) => strings.assignedTo(n, ownerName(owner));
  }
  if ('state' in change) return STATE_WORDS[change.state];
  const tags = 'add_tags' in change ? change.add_tags : change.remove_tags;
  const said = tags.map((tag) => spokenText(tag, 60)).join(', ');
  return 'add_tags' in change ? (n) => strings.tagAdded(n, said) : (n) => strings.tagRemoved(n, said);
}

/** The change as an edit of one lead, from what its row showed. */
export function rowEdit(row: ChangedRow, change: BulkChange): LeadEdit {
  if ('stage' in change) return { stage_id: { from: row.stage_id, to: change.stage } };
  if ('owner' in change) return { owner_id: { from: row.owner_id, to: change.owner } };
  if ('state' in change) return { state: { from: row.state, to: change.state } };
  if ('add_tags' in change) {
    return { tags: { from: row.tags, to: [...new Set([...row.tags, ...change.add_tags])] } };
  }
  return { tags: { from: row.tags, to: row.tags.filter((tag) => !change.remove_tags.includes(tag)) } };
}

/** False where it was not done. */
export async function changeLeads(target: ChangeTarget, change: BulkChange): Promise<boolean> {
  if (targetCount(target) > MOST_LEADS) {
    toasts.show(strings.tooMany, { detail: strings.tooManyAdvice, tone: 'bad' });
    return false;
  }
  try {
    const acted =
      'row' in target
        ? await backend().leadEdit(target.row.id, rowEdit(target.row, change))
        : await backend().leadsChange(target.scope, change);
    acts.tell(acted, changeWords(change));
    return true;
  } catch (reason) {
    failed(asErrorView(reason));
    return false;
  }
}

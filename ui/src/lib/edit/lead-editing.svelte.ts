// Editing on a lead's page: which list of choices is open, and where the fields are.

import type { FieldConflict } from '../bindings/FieldConflict';
import type { LeadDetail } from '../bindings/LeadDetail';
import type { LeadField } from '../bindings/LeadField';
import type { OpenLead } from '../leads/open-lead.svelte';
import { drafts } from './drafts.svelte';
import { LEAD_FIELDS, sameValue, valueOf } from './lead-fields';
import type { ShowValue } from './save';
import { isTyped } from './typed';

export type ChosenField = 'stage_id' | 'owner_id';

export class LeadEditing {
  /** The field whose list of choices is open. */
  choosing = $state.raw<ChosenField | null>(null);

  constructor(private readonly lead: OpenLead) {}

  get detail(): LeadDetail | null {
    return this.lead.detail;
  }

  /** The conflicts, in the order of the page. */
  get conflicts(): FieldConflict[] {
    const all = this.detail?.conflicts ?? [];
    return LEAD_FIELDS.flatMap((field) => all.filter((one) => one.field === field));
  }

  readonly show: ShowValue = (field, from, to) => {
    // Where it is another by now, both were changed: theirs stands until somebody decides.
    if (this.detail !== null && sameValue(valueOf(this.detail.lead, field), from)) this.lead.show(field, to);
  };

  /** Opens a field. False where there is no lead. */
  open(field: LeadField): boolean {
    const detail = this.detail;
    if (detail === null) return false;
    // Where a lead was put is no field of its page.
    if (field === 'state') return false;
    if (isTyped(field)) drafts.open(detail.lead.id, field, valueOf(detail.lead, field));
    else this.choosing = field;
    return true;
  }

  /** Opens the field that has the focus, else the first. */
  openFocused(): boolean {
    const focused = document.activeElement?.closest<HTMLElement>('[data-field]')?.dataset['field'];
    return this.open(LEAD_FIELDS.find((field) => field === focused) ?? 'name');
  }
}

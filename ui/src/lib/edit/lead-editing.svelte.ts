// Editing on a lead's page: which list of choices is open, and where the fields are.

import type { FieldConflict } from '../bindings/FieldConflict';
import type { LeadDetail } from '../bindings/LeadDetail';
import type { LeadField } from '../bindings/LeadField';
import type { OpenLead } from '../leads/open-lead.svelte';
import { kindOf } from '../session/names';
import { session } from '../session/session.svelte';
import { drafts } from './drafts.svelte';
import { editable, fieldKey, sameField, sameValue, valueOf } from './lead-fields';
import type { ShowValue } from './save';
import { isTyped } from './typed';

export class LeadEditing {
  /** The key of the field whose list of choices is open. */
  choosing = $state.raw<string | null>(null);

  constructor(private readonly lead: OpenLead) {}

  get detail(): LeadDetail | null {
    return this.lead.detail;
  }

  /** The conflicts, in the order of the page. */
  get conflicts(): FieldConflict[] {
    const all = this.detail?.conflicts ?? [];
    return editable(session.view.fields).flatMap((field) => all.filter((one) => sameField(one.field, field)));
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
    // What was put away is there to be read; what the session does not know yet is nothing that could be typed.
    if (typeof field !== 'string' && (session.findField(field.custom)?.is_archived ?? true)) return false;
    if (isTyped(field, kindOf(field))) drafts.open(detail.lead.id, field, valueOf(detail.lead, field));
    else this.choosing = fieldKey(field);
    return true;
  }

  /** Opens the field that has the focus, else the first. */
  openFocused(): boolean {
    const focused = document.activeElement?.closest<HTMLElement>('[data-field]')?.dataset['field'];
    return this.open(editable(session.view.fields).find((field) => fieldKey(field) === focused) ?? 'name');
  }
}

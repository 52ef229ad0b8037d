// All of one lead, as its page and the inbox's contact pane show it. Follows the lead; what is shown stays until what is new
// is there.

import { asErrorView, backend } from '../backend';
import type { ErrorView } from '../bindings/ErrorView';
import type { FieldValue } from '../bindings/FieldValue';
import type { LeadDetail } from '../bindings/LeadDetail';
import type { LeadField } from '../bindings/LeadField';
import type { LeadId } from '../bindings/LeadId';
import { withValue } from '../edit/lead-fields';

export class OpenLead {
  detail = $state.raw<LeadDetail | null>(null);
  error = $state.raw<ErrorView | null>(null);

  private id: LeadId | null = null;
  private ticket = 0;

  get isMissing(): boolean {
    return this.error?.code === 'not_found';
  }

  async open(id: LeadId): Promise<void> {
    if (id !== this.id) {
      this.id = id;
      this.detail = null;
      this.error = null;
    }
    await this.refresh();
  }

  /** Reads it again: something changed. */
  async refresh(): Promise<void> {
    if (this.id === null) return;
    this.ticket += 1;
    const ticket = this.ticket;
    try {
      const detail = await backend().leadDetail(this.id);
      if (ticket !== this.ticket) return;
      this.detail = detail;
      this.error = null;
    } catch (reason) {
      if (ticket !== this.ticket) return;
      this.error = asErrorView(reason);
      // Deleted, or no longer for this member to see.
      if (this.isMissing) this.detail = null;
    }
  }

  /** Shows what was just saved, in the frame in which it was; reading the lead again says the same. */
  show(field: LeadField, value: FieldValue): void {
    if (this.detail === null) return;
    this.detail = { ...this.detail, lead: withValue(this.detail.lead, field, value) };
  }

  close(): void {
    this.ticket += 1;
    this.id = null;
    this.detail = null;
    this.error = null;
  }
}

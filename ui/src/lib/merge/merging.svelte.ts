// A merge that is being thought about: which lead stays, which goes, and what that would do.

import { asErrorView, backend } from '../backend';
import type { ErrorView } from '../bindings/ErrorView';
import type { LeadHit } from '../bindings/LeadHit';
import type { LeadId } from '../bindings/LeadId';
import type { MergePreview } from '../bindings/MergePreview';

const HITS = 8;

export class Merging {
  /** What is typed to find the other lead. */
  text = $state('');
  hits = $state.raw<readonly LeadHit[]>([]);
  hasSearched = $state(false);
  preview = $state.raw<MergePreview | null>(null);
  error = $state.raw<ErrorView | null>(null);
  isBusy = $state(false);
  /** Raised with each question, so that a slow answer gives way to the next. */
  #ticket = 0;

  constructor(private readonly leadId: LeadId) {}

  /** Looks for other leads that hold the words. */
  async type(text: string): Promise<void> {
    this.text = text;
    const wanted = text.trim();
    this.#ticket += 1;
    const ticket = this.#ticket;
    if (wanted === '') {
      this.hits = [];
      this.hasSearched = false;
      return;
    }
    try {
      // One more than is shown: the lead itself is left out.
      const { leads } = await backend().search(wanted, HITS + 1);
      if (ticket !== this.#ticket) return;
      this.hits = leads.filter(({ lead_id }) => lead_id !== this.leadId).slice(0, HITS);
      this.hasSearched = true;
      this.error = null;
    } catch (reason) {
      if (ticket === this.#ticket) this.error = asErrorView(reason);
    }
  }

  /** Asks what it would do. */
  async look(leadId: LeadId, duplicateId: LeadId): Promise<void> {
    this.#ticket += 1;
    const ticket = this.#ticket;
    try {
      const preview = await backend().mergePreview(leadId, duplicateId);
      if (ticket !== this.#ticket) return;
      this.preview = preview;
      this.error = null;
    } catch (reason) {
      if (ticket === this.#ticket) this.error = asErrorView(reason);
    }
  }

  /** The other one stays. */
  async swap(): Promise<void> {
    if (this.preview !== null) await this.look(this.preview.duplicate_id, this.preview.lead_id);
  }

  /** Back to the search. */
  chooseAnother(): void {
    this.#ticket += 1;
    this.preview = null;
    this.error = null;
  }

  /** The lead that stayed; null where it could not be done. */
  async merge(): Promise<LeadId | null> {
    const preview = this.preview;
    if (preview === null || preview.problem !== null || this.isBusy) return null;
    this.isBusy = true;
    try {
      await backend().leadsMerge(preview.lead_id, preview.duplicate_id);
      return preview.lead_id;
    } catch (reason) {
      this.error = asErrorView(reason);
      return null;
    } finally {
      this.isBusy = false;
    }
  }
}

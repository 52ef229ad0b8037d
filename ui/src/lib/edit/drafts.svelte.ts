// Fields that are open, with what was typed into them. A field that one types into is open exactly while it has a draft here, so that nothing
// typed is lost when one leaves the page, the lead changes underneath, or the desk locks. While it is locked they are held
// and shown nowhere; whoever signs out takes them along.

import type { FieldValue } from '../bindings/FieldValue';
import type { LeadField } from '../bindings/LeadField';
import type { LeadId } from '../bindings/LeadId';
import type { OperationId } from '../bindings/OperationId';
import { session } from '../session/session.svelte';
import { fieldKey } from './lead-fields';
import { typedOf, type Typed, type TypedField } from './typed';

export interface Draft {
  leadId: LeadId;
  /** What is chosen has a draft only where it is to replace a refused one. */
  field: LeadField;
  /** What the field held when it was opened; of a refused act, before that. */
  from: FieldValue;
  /** What stood on the page when it was opened. */
  shown: FieldValue;
  typed: Typed;
  /** What is wrong with it, in words. */
  problem: string | null;
  /** The refused act that is given up once this is saved. */
  replaces: OperationId | null;
}

const keyOf = (leadId: LeadId, field: LeadField): string => `${leadId} ${fieldKey(field)}`;

class Drafts {
  #all = $state.raw<ReadonlyMap<string, Draft>>(new Map());
  /** The field that takes the focus as soon as it is drawn. */
  #wanted: string | null = null;
  #isKept = false;

  find(leadId: LeadId, field: LeadField): Draft | undefined {
    return this.#all.get(keyOf(leadId, field));
  }

  /** Opens a field; one that is open already stays as it is. */
  open(leadId: LeadId, field: TypedField, from: FieldValue): void {
    this.#wanted = keyOf(leadId, field);
    if (this.find(leadId, field) !== undefined) return;
    this.put({ leadId, field, from, shown: from, typed: typedOf(field, from), problem: null, replaces: null });
  }

  put(draft: Draft): void {
    this.#begin();
    this.#all = new Map(this.#all).set(keyOf(draft.leadId, draft.field), draft);
  }

  /** Typed, or found wrong. Of a draft that is gone it is nothing. */
  change(draft: Draft, change: Partial<Pick<Draft, 'typed' | 'problem'>>): void {
    const held = this.find(draft.leadId, draft.field);
    if (held !== undefined) this.put({ ...held, ...change });
  }

  close(leadId: LeadId, field: LeadField): void {
    const rest = new Map(this.#all);
    if (rest.delete(keyOf(leadId, field))) this.#all = rest;
  }

  /** The refused act is given up: no draft gives it up again. */
  replaced(id: OperationId): void {
    this.#all = new Map(
      [...this.#all].map(([key, one]) => [key, one.replaces === id ? { ...one, replaces: null } : one]),
    );
  }

  /** The field is to have the focus when it is drawn. */
  want(leadId: LeadId, field: LeadField): void {
    this.#wanted = keyOf(leadId, field);
  }

  /** Whether this field was waiting for the focus; asked once. */
  takeFocus(leadId: LeadId, field: LeadField): boolean {
    if (this.#wanted !== keyOf(leadId, field)) return false;
    this.#wanted = null;
    return true;
  }

  #begin(): void {
    if (this.#isKept) return;
    this.#isKept = true;
    const letGo = session.onClose(() => {
      if (session.phase !== 'signed_out') return;
      letGo();
      this.#isKept = false;
      this.#all = new Map();
      this.#wanted = null;
    });
  }
}

export const drafts = new Drafts();

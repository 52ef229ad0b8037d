// Changing the studio's own fields, which needs the network. What they are is told by the session, a moment later: until then
// they are as they were saved.

import { asErrorView, backend } from '../backend';
import type { CustomField } from '../bindings/CustomField';
import type { CustomFieldId } from '../bindings/CustomFieldId';
import type { ErrorView } from '../bindings/ErrorView';
import { session } from '../session/session.svelte';
import { strings } from '../strings/fields';
import { toasts } from '../ui/toast/toasts.svelte';
import { folded, formOf, moved, withSaved, type Saved } from './field-form';

export class Fields {
  #saved = $state.raw<ReadonlyMap<CustomFieldId, Saved>>(new Map());
  /** In their order, those that are put away included. */
  readonly all = $derived(withSaved(session.view.fields, this.#saved));
  readonly inUse = $derived(this.all.filter((field) => !field.is_archived));
  /** What is under way: one act at a time. */
  isBusy = $state(false);
  /** Why the last one was not done. */
  error = $state.raw<ErrorView | null>(null);

  /** Adds or changes one; true when it is done. */
  save(field: CustomField): Promise<boolean> {
    return this.#act([field]);
  }

  /** A place further up (-1) or down (1) among those in use. */
  move(id: CustomFieldId, by: -1 | 1): Promise<boolean> {
    return this.#act(moved(this.all, id, by));
  }

  async setInList(field: CustomField, isInList: boolean): Promise<void> {
    if (await this.save({ ...field, is_in_list: isInList })) toasts.show(strings.saved(field.name));
  }

  /** Puts it away, or takes it back into use; what was done can be undone. */
  async setArchived(field: CustomField, isArchived: boolean, canUndo = true): Promise<boolean> {
    const { name } = field;
    const isTaken = this.inUse.some((other) => other.id !== field.id && folded(other.name) === folded(name));
    if (!isArchived && isTaken) {
      toasts.show(strings.nameTakenBack(name), { tone: 'bad' });
      return false;
    }
    // As it is now: an undo takes nothing back that was changed since.
    const now = this.all.find(({ id }) => id === field.id) ?? field;
    if (!(await this.save({ ...now, is_archived: isArchived }))) return false;
    const action = { label: strings.undo, run: () => void this.setArchived(field, !isArchived, false) };
    toasts.show(isArchived ? strings.wasArchived(name) : strings.wasRestored(name), canUndo ? { action } : {});
    return true;
  }

  async #act(fields: readonly CustomField[]): Promise<boolean> {
    if (this.isBusy) return false;
    this.isBusy = true;
    this.error = null;
    const saved = new Map(this.#saved);
    try {
      for (const field of fields) {
        const seen = session.findField(field.id);
        await backend().customFieldSave(field.id, formOf(field));
        saved.set(field.id, { seen, field });
      }
      return true;
    } catch (reason) {
      this.error = asErrorView(reason);
      return false;
    } finally {
      // All at once: half a move is no order.
      this.#saved = saved;
      this.isBusy = false;
    }
  }
}

// Changing the studio's own fields. What they are is told by the session, which the desk keeps up to date; changing them needs the
// network.

import { asErrorView, backend } from '../backend';
import type { CustomField } from '../bindings/CustomField';
import type { CustomFieldId } from '../bindings/CustomFieldId';
import type { ErrorView } from '../bindings/ErrorView';
import { session } from '../session/session.svelte';
import { strings } from '../strings/fields';
import { toasts } from '../ui/toast/toasts.svelte';
import { folded, formOf, moved } from './field-form';

export class Fields {
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
    return this.#act(moved(session.view.fields, id, by));
  }

  async setInList(field: CustomField, isInList: boolean): Promise<void> {
    if (await this.save({ ...field, is_in_list: isInList })) toasts.show(strings.saved(field.name));
  }

  /** Puts it away, or takes it back into use; what was done can be undone. */
  async setArchived(field: CustomField, isArchived: boolean, canUndo = true): Promise<boolean> {
    const { name } = field;
    const isTaken = session.fieldsInUse.some((other) => other.id !== field.id && folded(other.name) === folded(name));
    if (!isArchived && isTaken) {
      toasts.show(strings.nameTakenBack(name), { tone: 'bad' });
      return false;
    }
    // As it is now: an undo takes nothing back that was changed since.
    const now = session.findField(field.id) ?? field;
    if (!(await this.save({ ...now, is_archived: isArchived }))) return false;
    const action = { label: strings.undo, run: () => void this.setArchived(field, !isArchived, false) };
    toasts.show(isArchived ? strings.wasArchived(name) : strings.wasRestored(name), canUndo ? { action } : {});
    return true;
  }

  async #act(fields: readonly CustomField[]): Promise<boolean> {
    if (this.isBusy) return false;
    this.isBusy = true;
    this.error = null;
    try {
      for (const field of fields) await backend().customFieldSave(field.id, formOf(field));
      return true;
    } catch (reason) {
      this.error = asErrorView(reason);
      return false;
    } finally {
      this.isBusy = false;
    }
  }
}

// Saved views of the lead list, kept in the cache of this computer.

import { asErrorView, backend } from '../backend';
import type { ErrorView } from '../bindings/ErrorView';
import type { LeadQuery } from '../bindings/LeadQuery';
import type { SavedView } from '../bindings/SavedView';
import { session } from '../session/session.svelte';

class SavedViews {
  items = $state.raw<readonly SavedView[]>([]);
  private isOpen = false;

  /** Reads them, once for each time the desk is open. */
  async begin(): Promise<void> {
    if (this.isOpen) return;
    this.isOpen = true;
    const letGo = session.onClose(() => {
      letGo();
      this.isOpen = false;
      this.items = [];
    });
    try {
      const items = await backend().viewList();
      if (this.isOpen) this.items = items;
    } catch {
      // Without them the list works; the next visit asks again. Reading the list says what is wrong with the cache.
      letGo();
      this.isOpen = false;
    }
  }

  find(id: string | null): SavedView | undefined {
    return id === null ? undefined : this.items.find((view) => view.id === id);
  }

  /** Saves under a new id, which it returns; or why it could not. */
  async add(name: string, query: LeadQuery): Promise<{ id: string } | { error: ErrorView }> {
    const view: SavedView = { id: crypto.randomUUID(), name: name.trim(), query };
    const error = await this.put(view);
    return error === null ? { id: view.id } : { error };
  }

  /** Saves a view as it is given: a new name, a new query, or one that was deleted. */
  async put(view: SavedView): Promise<ErrorView | null> {
    try {
      await backend().viewSave(view);
    } catch (reason) {
      return asErrorView(reason);
    }
    this.items = this.items.some((one) => one.id === view.id)
      ? this.items.map((one) => (one.id === view.id ? view : one))
      : [...this.items, view];
    return null;
  }

  async remove(id: string): Promise<ErrorView | null> {
    try {
      await backend().viewDelete(id);
    } catch (reason) {
      return asErrorView(reason);
    }
    this.items = this.items.filter((view) => view.id !== id);
    return null;
  }
}

export const savedViews = new SavedViews();

// The fields that somebody else changed too, of all leads, as they stand. They outlive the screen, so that coming back from a
// lead finds the same place; they go when the desk closes.

import { backend, onDeskEvent } from '../backend';
import type { ConflictRow } from '../bindings/ConflictRow';
import { fieldKey } from '../edit/lead-fields';
import { session } from '../session/session.svelte';
import { ListCursor } from '../virtual/list-cursor.svelte';
import { PagedRows, type RowSource } from '../virtual/paged-rows.svelte';

export interface ListedConflict extends ConflictRow {
  id: string;
}

const SOURCE: RowSource<ListedConflict> = {
  count: async () => (await backend().outboxCounts()).conflicts,
  page: async (offset, limit) =>
    (await backend().conflictPage(offset, limit)).map((row) => ({
      ...row,
      id: `${row.conflict.operation_id} ${fieldKey(row.conflict.field)}`,
    })),
};

class ConflictList {
  readonly rows = new PagedRows<ListedConflict>();
  readonly cursor = new ListCursor<ListedConflict>(this.rows);
  /** Pixels of the list above its viewport. Not state: nothing is drawn from it. */
  top = 0;
  private isOpen = false;

  /** Reads the list, unless it is already being followed. */
  begin(): void {
    if (this.isOpen) return;
    this.isOpen = true;
    const stop = onDeskEvent((event) => {
      if (typeof event !== 'object' || !('changed' in event)) return;
      const { outbox, leads, studio } = event.changed;
      if (outbox || leads || studio) this.rows.refresh();
    });
    const letGo = session.onClose(() => {
      stop();
      letGo();
      this.isOpen = false;
      this.top = 0;
      this.rows.close();
      this.cursor.clear();
    });
    this.rows.open(SOURCE);
  }
}

export const conflictList = new ConflictList();

// The rows of the outbox as they stand. They outlive the screen, so that coming back from a lead finds the same place; they
// go when the desk closes.

import { backend, onDeskEvent } from '../backend';
import type { OutboxRow } from '../bindings/OutboxRow';
import { session } from '../session/session.svelte';
import { ListCursor } from '../virtual/list-cursor.svelte';
import { PagedRows, type RowSource } from '../virtual/paged-rows.svelte';

const SOURCE: RowSource<OutboxRow> = {
  count: async () => {
    const { waiting, refused } = await backend().outboxCounts();
    return waiting + refused;
  },
  page: (offset, limit) => backend().outboxPage(offset, limit),
};

class OutboxList {
  readonly rows = new PagedRows<OutboxRow>();
  readonly cursor = new ListCursor<OutboxRow>(this.rows);
  /** Pixels of the list above its viewport. Not state: nothing is drawn from it. */
  top = 0;
  private isOpen = false;

  /** Reads the list, unless it is already being followed. */
  begin(): void {
    if (this.isOpen) return;
    this.isOpen = true;
    const stop = onDeskEvent((event) => {
      if (typeof event === 'object' && 'changed' in event && (event.changed.outbox || event.changed.studio))
        this.rows.refresh();
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

export const outboxList = new OutboxList();

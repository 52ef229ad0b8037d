// The one row of a list that has the focus, or would have it. Follows its row through refreshes; when the row goes, the
// cursor stays at its place.

import type { PagedRows } from './paged-rows.svelte';

export class ListCursor<Row extends { id: string }> {
  /** Place in the list; -1 while there is no cursor. */
  index = $state.raw(-1);
  /** The row it stands on, once it is known. */
  id: string | null = $state.raw(null);

  constructor(private readonly rows: PagedRows<Row>) {}

  /** Goes to a place, clipped to the list. */
  goTo(index: number): void {
    const count = this.rows.count ?? 0;
    if (count === 0) {
      this.clear();
      return;
    }
    this.index = Math.max(0, Math.min(count - 1, index));
    this.id = this.rows.rowAt(this.index)?.id ?? null;
  }

  /** Goes on by some rows; without a cursor, to `first`. */
  move(by: number, first = 0): void {
    if (this.index < 0) this.goTo(first);
    // Its own row has gone and the next one stands in its place: that is one step down already.
    else this.goTo(this.index + by - (this.isLost && by > 0 ? 1 : 0));
  }

  /** Whether the row it waits for is no longer where it was. */
  private get isLost(): boolean {
    const row = this.rows.rowAt(this.index);
    return this.id !== null && row !== undefined && row.id !== this.id;
  }

  /** Goes to a row that something else named. Its place is found when it is held. */
  goToRow(id: string): void {
    if (this.id === id) return;
    this.id = id;
    this.index = this.rows.indexOf(id) ?? -1;
  }

  clear(): void {
    this.index = -1;
    this.id = null;
  }

  /** Finds its row again after the rows changed. `keep`: wait for a row that is not held, rather than take its neighbour. */
  follow(keep = false): void {
    const count = this.rows.count;
    if (count === null) return;
    if (count === 0) {
      if (!keep) this.clear();
      else this.index = -1;
      return;
    }
    if (this.id !== null) {
      const at = this.rows.indexOf(this.id);
      if (at !== null) {
        this.index = at;
        return;
      }
      if (keep) {
        if (this.index >= count) this.index = count - 1;
        return;
      }
    }
    if (this.index < 0) return;
    const index = Math.min(this.index, count - 1);
    const row = this.rows.rowAt(index);
    this.index = index;
    // Not held: it may still be the same row. Wait for its page.
    if (row !== undefined) this.id = row.id;
  }
}

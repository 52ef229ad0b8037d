// A list of the desk as it stands: its rows, its cursor, and how far it was scrolled. It outlives its screen, so that coming
// back finds the same place; it lets go of everything when the desk closes.

import { onDeskEvent } from '../backend';
import type { Changed } from '../bindings/Changed';
import { session } from '../session/session.svelte';
import { ListCursor } from './list-cursor.svelte';
import { PagedRows, type RowSource } from './paged-rows.svelte';

export abstract class FollowedList<T extends { id: string }> {
  readonly cursor: ListCursor<T>;
  /** Pixels of the list above its viewport. Not state: nothing is drawn from it. */
  top = 0;
  private isOpen = false;

  constructor(readonly rows = new PagedRows<T>()) {
    this.cursor = new ListCursor<T>(rows);
  }

  /** Where the rows come from now. */
  protected abstract source(): RowSource<T>;

  /** Whether the rows may be others after such a change. */
  protected abstract isTouchedBy(changed: Changed): boolean;

  /** Reads the list, unless it is already being followed. */
  begin(): void {
    if (this.isOpen) return;
    this.isOpen = true;
    const stop = onDeskEvent((event) => {
      if (typeof event === 'object' && 'changed' in event && this.isTouchedBy(event.changed)) this.rows.refresh();
    });
    const letGo = session.onClose(() => {
      stop();
      letGo();
      this.isOpen = false;
      this.forget();
    });
    this.rows.open(this.source());
  }

  /** Shows what the source is by now, from its beginning. */
  protected restart(): void {
    this.top = 0;
    this.cursor.clear();
    this.rows.open(this.source());
  }

  /** The desk was closed. */
  protected forget(): void {
    this.top = 0;
    this.rows.close();
    this.cursor.clear();
  }
}

// The lead list as it stands: its query, rows, cursor, selection, and how far it was scrolled. It outlives the screen, so that
// coming back from a lead finds the same place; it lets go of everything when the desk closes.

import { backend, onDeskEvent } from '../backend';
import type { LeadFilter } from '../bindings/LeadFilter';
import type { LeadQuery } from '../bindings/LeadQuery';
import type { LeadRow } from '../bindings/LeadRow';
import type { LeadSort } from '../bindings/LeadSort';
import { session } from '../session/session.svelte';
import { savedViews } from '../views/saved-views.svelte';
import { ListCursor } from '../virtual/list-cursor.svelte';
import { PagedRows, type RowSource } from '../virtual/paged-rows.svelte';
import { DEFAULT_QUERY, sameQuery } from './filter';
import { Selection } from './selection.svelte';

function leadSource(query: LeadQuery): RowSource<LeadRow> {
  return {
    count: () => backend().leadCount(query.filter),
    page: async (offset, limit) => (await backend().leadPage(query, offset, limit)).rows,
  };
}

class LeadList {
  query = $state.raw<LeadQuery>(DEFAULT_QUERY);
  /** The saved view that was chosen; `null` is all leads. Its query may have been changed since. */
  viewId = $state.raw<string | null>(null);
  /** Selecting a range or leaving one out reads ids that are not held. */
  isCollecting = $state.raw(false);
  /** Pixels of the list above its viewport. Not state: nothing is drawn from it. */
  top = 0;

  readonly rows = new PagedRows<LeadRow>();
  readonly cursor = new ListCursor<LeadRow>(this.rows);
  readonly selection = new Selection();

  private isOpen = false;
  /** Raised with each act on the selection, so that a slow one gives way to the next. */
  private collecting = 0;

  /** Reads the list, unless it is already being followed. */
  begin(): void {
    if (this.isOpen) return;
    this.isOpen = true;
    const stop = onDeskEvent((event) => {
      if (typeof event === 'object' && 'changed' in event && (event.changed.leads || event.changed.studio)) {
        this.rows.refresh();
      }
    });
    const letGo = session.onClose(() => {
      stop();
      letGo();
      this.isOpen = false;
      this.query = DEFAULT_QUERY;
      this.viewId = null;
      this.top = 0;
      this.rows.close();
      this.cursor.clear();
      this.stopCollecting();
      this.selection.clear();
    });
    this.rows.open(leadSource(this.query));
  }

  /** Whether the query is another than that of the view it came from. */
  get isEdited(): boolean {
    const saved = savedViews.find(this.viewId)?.query ?? DEFAULT_QUERY;
    return !sameQuery(saved, this.query);
  }

  showView(id: string | null): void {
    this.viewId = id;
    this.show(savedViews.find(id)?.query ?? DEFAULT_QUERY);
  }

  filterBy(filter: LeadFilter): void {
    this.show({ ...this.query, filter });
  }

  sortBy(sort: LeadSort): void {
    this.show({ ...this.query, sort });
  }

  private show(query: LeadQuery): void {
    if (sameQuery(query, this.query)) return;
    this.query = query;
    this.top = 0;
    this.cursor.clear();
    // What is no longer in sight must not be exported by surprise.
    this.stopCollecting();
    this.selection.clear();
    this.rows.open(leadSource(query));
  }

  /** Selects a row, or takes it out of the selection. */
  async toggle(row: LeadRow, index: number): Promise<void> {
    if (!this.selection.isAll) {
      this.stopCollecting();
      this.selection.toggle(row.id, index);
      return;
    }
    // "All but this one" needs to be a list of ids.
    const ids = await this.collect(0, this.rows.count ?? 0);
    if (ids !== null) this.selection.setIds(ids.filter((id) => id !== row.id));
  }

  /** Selects from the row that was selected last to this one. */
  async extendTo(index: number, from = index): Promise<void> {
    if (this.selection.isAll || index < 0) return;
    const start = this.selection.rangeStart(from);
    const [first, last] = start < index ? [start, index] : [index, start];
    const held: string[] = [];
    for (let at = first; at <= last; at += 1) {
      const row = this.rows.rowAt(at);
      if (row === undefined) break;
      held.push(row.id);
    }
    if (held.length === last - first + 1) {
      this.stopCollecting();
      this.selection.setRange(held);
      return;
    }
    const ids = await this.collect(first, last + 1);
    if (ids !== null) this.selection.setRange(ids);
  }

  selectAll(): void {
    this.stopCollecting();
    this.selection.selectAll();
  }

  clearSelection(): void {
    this.stopCollecting();
    this.selection.clear();
  }

  private stopCollecting(): void {
    this.collecting += 1;
    this.isCollecting = false;
  }

  /** The ids of a range; `null` when something else was selected meanwhile, or they can't be read. */
  private async collect(start: number, end: number): Promise<string[] | null> {
    this.stopCollecting();
    const ticket = this.collecting;
    this.isCollecting = true;
    try {
      const ids = await this.rows.idsBetween(start, end);
      return ticket === this.collecting ? ids : null;
    } catch {
      // The list itself shows what is wrong with reading; the selection stays as it was.
      if (ticket === this.collecting) this.rows.refresh();
      return null;
    } finally {
      if (ticket === this.collecting) this.isCollecting = false;
    }
  }
}

export const leadList = new LeadList();

// The lead list: its query, the view that it is of, and what is selected in it.

import { backend } from '../backend';
import type { Changed } from '../bindings/Changed';
import type { LeadFilter } from '../bindings/LeadFilter';
import type { LeadQuery } from '../bindings/LeadQuery';
import type { LeadRow } from '../bindings/LeadRow';
import type { LeadSort } from '../bindings/LeadSort';
import { savedViews } from '../views/saved-views.svelte';
import { FollowedList } from '../virtual/followed-list.svelte';
import type { RowSource } from '../virtual/paged-rows.svelte';
import { DEFAULT_QUERY, sameQuery } from './filter';
import { Selection } from './selection.svelte';

function leadSource(query: LeadQuery): RowSource<LeadRow> {
  return {
    count: () => backend().leadCount(query.filter),
    page: async (offset, limit) => (await backend().leadPage(query, offset, limit)).rows,
  };
}

class LeadList extends FollowedList<LeadRow> {
  query = $state.raw<LeadQuery>(DEFAULT_QUERY);
  /** The saved view that was chosen; `null` is all leads. Its query may have been changed since. */
  viewId = $state.raw<string | null>(null);
  /** Selecting a range or leaving one out reads ids that are not held. */
  isCollecting = $state.raw(false);

  readonly selection = new Selection();

  /** Raised with each act on the selection, so that a slow one gives way to the next. */
  private collecting = 0;

  protected source(): RowSource<LeadRow> {
    return leadSource(this.query);
  }

  protected isTouchedBy({ leads, studio }: Changed): boolean {
    return leads || studio;
  }

  protected override forget(): void {
    super.forget();
    this.query = DEFAULT_QUERY;
    this.viewId = null;
    this.stopCollecting();
    this.selection.clear();
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
    // What is no longer in sight must not be exported by surprise.
    this.stopCollecting();
    this.selection.clear();
    this.restart();
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

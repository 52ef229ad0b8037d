// The rows of a long list, of which only the pages near the viewport are held. Knows nothing of what a row is or how it is drawn.
//
// What is shown is always one consistent reading. A refresh or another query reads its first pages beside it and replaces
// it in one step, so that nothing flickers and no row is seen twice; answers to questions nobody asks any more are dropped.

import type { ErrorView } from '../bindings/ErrorView';
import { asErrorView } from '../backend';

/** A list as the backend can read it. */
export interface RowSource<Row> {
  count(): Promise<number>;
  page(offset: number, limit: number): Promise<readonly Row[]>;
}

export interface VisibleRow<Row> {
  index: number;
  /** Unique in the list, and the row's own for as long as the row is held. */
  key: string;
  /** Absent while its page is on its way. */
  row: Row | undefined;
}

interface Reading<Row> {
  source: RowSource<Row>;
  count: number;
  pages: Map<number, readonly Row[]>;
}

export interface PagedRowsOptions {
  pageSize?: number;
  /** Least time between two refreshes that follow each other, in ms. */
  refreshEveryMs?: number;
}

const PAGES_KEPT = 24;
const REQUESTS_AT_ONCE = 3;

export class PagedRows<Row extends { id: string }> {
  /** Rows in the whole list; `null` until it was read for the first time. */
  count: number | null = $state.raw(null);
  /** Why the last reading failed; the rows before it are still shown. */
  error: ErrorView | null = $state.raw(null);
  /** Counts the queries whose rows were shown. A list goes back to its top when it changes. */
  epoch = $state.raw(0);
  /** Whether another query is being read while the rows of the one before are still shown. */
  isSwitching = $state.raw(false);

  /** Raised on every change of the rows held: a new reading, or a page more of this one. */
  version = $state.raw(0);
  /** Raised when one reading took the place of another. */
  readings = $state.raw(0);

  private shown: Reading<Row> | null = null;
  private readonly pageSize: number;
  private readonly refreshEveryMs: number;
  private visible = { start: 0, end: 0 };
  private pinned: number | null = null;
  private requested = new Set<number>();
  /** Changes with every reading that begins; answers that carry another are dropped. */
  private ticket = 0;
  private pending: 'none' | 'query' | 'refresh' = 'none';
  private refreshAgain = false;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private source: RowSource<Row> | null = null;

  constructor(options: PagedRowsOptions = {}) {
    this.pageSize = options.pageSize ?? 100;
    this.refreshEveryMs = options.refreshEveryMs ?? 200;
  }

  /** Reads another list. The rows of the one before stay until the first of the new are there. */
  open(source: RowSource<Row>): void {
    this.source = source;
    this.refreshAgain = false;
    this.isSwitching = this.shown !== null;
    void this.read('query');
  }

  /** Reads again what is shown: something changed. */
  refresh(): void {
    if (this.source === null) return;
    if (this.pending !== 'none' || this.timer !== null) {
      this.refreshAgain = true;
      return;
    }
    void this.read('refresh');
  }

  /** Tries again after an error. */
  retry(): void {
    if (this.source === null) return;
    void this.read(this.shown?.source === this.source ? 'refresh' : 'query');
  }

  /** Lets go of all rows; nothing that is still on its way will be shown. */
  close(): void {
    this.ticket += 1;
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    this.pending = 'none';
    this.refreshAgain = false;
    this.source = null;
    this.shown = null;
    this.requested = new Set();
    this.count = null;
    this.error = null;
    this.isSwitching = false;
    this.version += 1;
  }

  /** Rows `start..end` are on screen; `pinned` is one more that must be held, wherever it is. */
  show(start: number, end: number, pinned: number | null = null): void {
    this.visible = { start, end };
    this.pinned = pinned;
    this.fill();
  }

  rowAt(index: number): Row | undefined {
    void this.version;
    const page = this.shown?.pages.get(Math.floor(index / this.pageSize));
    return page?.[index % this.pageSize];
  }

  /** Where a row stands, if it is among those held. */
  indexOf(id: string): number | null {
    void this.version;
    for (const [page, rows] of this.shown?.pages ?? []) {
      const at = rows.findIndex((row) => row.id === id);
      if (at >= 0) return page * this.pageSize + at;
    }
    return null;
  }

  /** The rows at `indexes`, each with a key that is unique among them. */
  rowsAt(indexes: readonly number[]): VisibleRow<Row>[] {
    const seen = new Set<string>();
    return indexes.map((index) => {
      const row = this.rowAt(index);
      // The same row can stand in two pages that were read at different times.
      const key = row === undefined || seen.has(row.id) ? `at ${String(index)}` : row.id;
      seen.add(key);
      return { index, key, row };
    });
  }

  /** Ids of `start..end`, read in pages; the list as it is shown, or an error. */
  async idsBetween(start: number, end: number): Promise<string[]> {
    const source = this.shown?.source;
    if (source === undefined) return [];
    const ids: string[] = [];
    for (let at = start; at < end;) {
      const rows = await source.page(at, Math.min(500, end - at));
      if (rows.length === 0) break;
      for (const row of rows) ids.push(row.id);
      at += rows.length;
    }
    return ids;
  }

  private async read(kind: 'query' | 'refresh'): Promise<void> {
    const source = this.source;
    if (source === null) return;
    this.ticket += 1;
    const ticket = this.ticket;
    this.pending = kind;
    const visible = kind === 'query' ? { start: 0, end: this.visible.end - this.visible.start } : this.visible;
    const wanted = this.pagesNear(visible, kind === 'query' ? null : this.pinned, null);
    try {
      const [count, pages] = await Promise.all([
        source.count(),
        Promise.all(wanted.map(async (page) => [page, await this.readPage(source, page)] as const)),
      ]);
      if (ticket !== this.ticket) return;
      this.shown = { source, count, pages: new Map(pages) };
      this.requested = new Set();
      this.count = count;
      this.error = null;
      if (kind === 'query') {
        this.visible = visible;
        this.pinned = null;
        this.epoch += 1;
        this.isSwitching = false;
      }
      this.readings += 1;
      this.version += 1;
    } catch (reason) {
      if (ticket !== this.ticket) return;
      this.error = asErrorView(reason);
      this.isSwitching = false;
    }
    this.pending = 'none';
    this.fill();
    if (this.refreshAgain) {
      this.timer = setTimeout(() => {
        this.timer = null;
        this.refreshAgain = false;
        void this.read('refresh');
      }, this.refreshEveryMs);
    }
  }

  private readPage(source: RowSource<Row>, page: number): Promise<readonly Row[]> {
    return source.page(page * this.pageSize, this.pageSize);
  }

  /** Asks for the pages that are on screen or next to it and not held, nearest first, few at once. */
  private fill(): void {
    const reading = this.shown;
    if (reading === null || this.error !== null) return;
    for (const page of this.pagesNear(this.visible, this.pinned, reading.count)) {
      if (this.requested.size >= REQUESTS_AT_ONCE) return;
      if (reading.pages.has(page) || this.requested.has(page)) continue;
      this.requested.add(page);
      void this.fillPage(reading, page);
    }
  }

  private async fillPage(reading: Reading<Row>, page: number): Promise<void> {
    try {
      const rows = await this.readPage(reading.source, page);
      if (reading !== this.shown) return;
      reading.pages.set(page, rows);
      this.forgetFarPages(reading);
      this.version += 1;
    } catch (reason) {
      if (reading !== this.shown) return;
      this.error = asErrorView(reason);
    }
    this.requested.delete(page);
    this.fill();
  }

  /** On screen first, then one more each side, then the pinned one. */
  private pagesNear(visible: { start: number; end: number }, pinned: number | null, count: number | null): number[] {
    const last = count === null ? Number.POSITIVE_INFINITY : Math.max(0, Math.ceil(count / this.pageSize) - 1);
    const from = Math.max(0, Math.floor(visible.start / this.pageSize));
    const to = Math.max(from, Math.floor(Math.max(visible.start, visible.end - 1) / this.pageSize));
    const pages: number[] = [];
    for (let page = from; page <= to; page += 1) pages.push(page);
    // Without a count there is nothing to say that a page after these exists.
    if (count !== null) pages.push(to + 1);
    pages.push(from - 1);
    if (pinned !== null) pages.push(Math.floor(pinned / this.pageSize));
    return [...new Set(pages)].filter((page) => page >= 0 && page <= last);
  }

  private forgetFarPages(reading: Reading<Row>): void {
    if (reading.pages.size <= PAGES_KEPT) return;
    const middle = (this.visible.start + this.visible.end) / 2 / this.pageSize;
    const pinned = this.pinned === null ? null : Math.floor(this.pinned / this.pageSize);
    const far = [...reading.pages.keys()]
      .filter((page) => page !== pinned)
      .sort((a, b) => Math.abs(b + 0.5 - middle) - Math.abs(a + 0.5 - middle));
    for (const page of far.slice(0, reading.pages.size - PAGES_KEPT)) reading.pages.delete(page);
  }
}

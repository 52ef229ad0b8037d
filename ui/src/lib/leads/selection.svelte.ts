// Which leads are selected: some by their ids, or all of a view, however many. Ids survive refreshes and re-ordering.

export class Selection {
  private ids = $state.raw<ReadonlySet<string>>(new Set());
  /** All of the view, also those that come in later. */
  isAll = $state.raw(false);
  /** Where a range begins: the row that was selected last by itself. */
  private anchor: number | null = null;
  /** What the range added so far, so that a shorter one takes it back. */
  private rangeIds: ReadonlySet<string> = new Set();

  get size(): number {
    return this.ids.size;
  }

  get isEmpty(): boolean {
    return !this.isAll && this.ids.size === 0;
  }

  has(id: string): boolean {
    return this.isAll || this.ids.has(id);
  }

  list(): string[] {
    return [...this.ids];
  }

  toggle(id: string, index: number): void {
    const next = new Set(this.ids);
    if (!next.delete(id)) next.add(id);
    this.ids = next;
    this.anchor = index;
    this.rangeIds = new Set();
  }

  /** Where a range to `index` begins. */
  rangeStart(index: number): number {
    this.anchor ??= index;
    return this.anchor;
  }

  /** Takes the rows of the range, in place of those of the range before from the same start. */
  setRange(ids: readonly string[]): void {
    const next = new Set([...this.ids].filter((id) => !this.rangeIds.has(id)));
    const added = ids.filter((id) => !next.has(id));
    this.rangeIds = new Set(added);
    this.ids = new Set([...next, ...added]);
  }

  selectAll(): void {
    this.clear();
    this.isAll = true;
  }

  /** From now on these, one by one: what "all" was when something was taken out of it. */
  setIds(ids: readonly string[]): void {
    this.clear();
    this.ids = new Set(ids);
  }

  clear(): void {
    this.ids = new Set();
    this.isAll = false;
    this.anchor = null;
    this.rangeIds = new Set();
  }
}

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { errorView } from '../backend';
import { ListCursor } from './list-cursor.svelte';
import { PagedRows, type RowSource } from './paged-rows.svelte';

interface Row {
  id: string;
}

/** A list in memory whose answers come when the test says so. */
class SlowList implements RowSource<Row> {
  asked: number[] = [];
  private waiting: (() => void)[] = [];
  fails = false;

  constructor(public ids: string[]) {}

  static of(prefix: string, length: number): SlowList {
    return new SlowList(Array.from({ length }, (_, i) => `${prefix}${String(i)}`));
  }

  count(): Promise<number> {
    return this.later(() => this.ids.length);
  }

  page(offset: number, limit: number): Promise<Row[]> {
    this.asked.push(offset);
    return this.later(() => this.ids.slice(offset, offset + limit).map((id) => ({ id })));
  }

  private later<T>(value: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      this.waiting.push(() => {
        if (this.fails) reject(errorView('cache_unavailable') as unknown as Error);
        else resolve(value());
      });
    });
  }

  /** Answers all that was asked, and what these answers make it ask. */
  async answer(): Promise<void> {
    while (this.waiting.length > 0) {
      for (const answer of this.waiting.splice(0)) answer();
      await vi.advanceTimersByTimeAsync(0);
    }
  }
}

const shownIds = (rows: PagedRows<Row>, from: number, to: number): (string | undefined)[] =>
  Array.from({ length: to - from }, (_, i) => rows.rowAt(from + i)?.id);

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

async function opened(list: SlowList): Promise<PagedRows<Row>> {
  const rows = new PagedRows<Row>({ pageSize: 10, refreshEveryMs: 200 });
  rows.show(0, 5);
  rows.open(list);
  await list.answer();
  return rows;
}

describe('PagedRows', () => {
  it('asks for what is on screen and one page each side, and no more', async () => {
    const list = SlowList.of('a', 1_000_000);
    const rows = await opened(list);
    expect(list.asked).toEqual([0, 10]);
    list.asked = [];
    rows.show(500_000, 500_005);
    await list.answer();
    expect(list.asked.sort((a, b) => a - b)).toEqual([499_990, 500_000, 500_010]);
    expect(rows.count).toBe(1_000_000);
    expect(rows.rowAt(500_003)?.id).toBe('a500003');
  });

  it('never asks for pages that were scrolled past before their turn', async () => {
    const list = SlowList.of('a', 100_000);
    const rows = await opened(list);
    list.asked = [];
    for (let start = 1_000; start <= 90_000; start += 1_000) rows.show(start, start + 5);
    await list.answer();
    expect(list.asked.length).toBeLessThanOrEqual(8);
    expect(rows.rowAt(90_002)?.id).toBe('a90002');
  });

  it('keeps the old rows until all of the new reading is there', async () => {
    const list = SlowList.of('a', 100);
    const rows = await opened(list);
    list.ids = ['new', ...list.ids];
    rows.refresh();
    expect(shownIds(rows, 0, 3)).toEqual(['a0', 'a1', 'a2']);
    expect(rows.count).toBe(100);
    await list.answer();
    expect(shownIds(rows, 0, 3)).toEqual(['new', 'a0', 'a1']);
    expect(rows.count).toBe(101);
  });

  it('reads once more when something changed while it was reading, not once for each change', async () => {
    const list = SlowList.of('a', 5);
    const rows = await opened(list);
    list.asked = [];
    for (let i = 0; i < 50; i += 1) rows.refresh();
    await list.answer();
    expect(list.asked).toEqual([0]);
    await vi.advanceTimersByTimeAsync(200);
    await list.answer();
    expect(list.asked).toEqual([0, 0]);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(list.asked).toEqual([0, 0]);
  });

  it('drops the answer of a query that was left', async () => {
    const rows = new PagedRows<Row>({ pageSize: 10 });
    rows.show(0, 5);
    const [slow, quick] = [SlowList.of('slow', 3), SlowList.of('quick', 3)];
    rows.open(slow);
    rows.open(quick);
    await quick.answer();
    await slow.answer();
    expect(shownIds(rows, 0, 1)).toEqual(['quick0']);
    expect(rows.epoch).toBe(1);
  });

  it('drops a page of the reading before', async () => {
    const list = SlowList.of('a', 1_000);
    const rows = await opened(list);
    rows.show(500, 505);
    const other = SlowList.of('b', 1_000);
    rows.open(other);
    await other.answer();
    await list.answer();
    expect(rows.rowAt(502)).toBeUndefined();
    expect(rows.rowAt(0)?.id).toBe('b0');
  });

  it('keeps the rows and says why when a refresh fails, and recovers on retry', async () => {
    const list = SlowList.of('a', 100);
    const rows = await opened(list);
    list.fails = true;
    rows.refresh();
    await list.answer();
    expect(rows.error?.code).toBe('cache_unavailable');
    expect(rows.rowAt(0)?.id).toBe('a0');
    list.fails = false;
    rows.retry();
    await list.answer();
    expect(rows.error).toBeNull();
  });

  it('holds a bounded number of pages, and the pinned one among them', async () => {
    const list = SlowList.of('a', 100_000);
    const rows = await opened(list);
    for (let start = 0; start < 2_000; start += 10) {
      rows.show(start, start + 5, 3);
      await list.answer();
    }
    expect(rows.rowAt(3)?.id).toBe('a3');
    const held = Array.from({ length: 2_000 }, (_, i) => rows.rowAt(i)).filter((row) => row !== undefined);
    expect(held.length).toBeLessThanOrEqual(26 * 10);
  });

  it('gives unique keys even if a row stands in two pages', async () => {
    const list = SlowList.of('a', 20);
    const rows = await opened(list);
    list.ids.unshift('new');
    rows.show(15, 20);
    list.ids[10] = 'a3';
    rows.refresh();
    await list.answer();
    const keys = rows.rowsAt(Array.from({ length: 21 }, (_, i) => i)).map((row) => row.key);
    expect(new Set(keys).size).toBe(21);
  });

  it('reads the ids of a range that it does not hold', async () => {
    const list = SlowList.of('a', 3_000);
    const rows = await opened(list);
    const ids = rows.idsBetween(5, 1_505);
    await list.answer();
    expect((await ids).length).toBe(1_500);
    expect((await ids)[0]).toBe('a5');
  });
});

describe('ListCursor', () => {
  it('follows its row when others come before it', async () => {
    const list = SlowList.of('a', 100);
    const rows = await opened(list);
    const cursor = new ListCursor(rows);
    cursor.goTo(2);
    list.ids = ['x', 'y', ...list.ids];
    rows.refresh();
    await list.answer();
    cursor.follow();
    expect([cursor.index, cursor.id]).toEqual([4, 'a2']);
  });

  it('stays at its place when its row goes', async () => {
    const list = SlowList.of('a', 3);
    const rows = await opened(list);
    const cursor = new ListCursor(rows);
    cursor.goTo(2);
    list.ids = ['a0', 'a1'];
    rows.refresh();
    await list.answer();
    cursor.follow();
    expect([cursor.index, cursor.id]).toEqual([1, 'a1']);
    list.ids = [];
    rows.refresh();
    await list.answer();
    cursor.follow();
    expect([cursor.index, cursor.id]).toEqual([-1, null]);
  });

  it('is clipped to the list', async () => {
    const rows = await opened(SlowList.of('a', 3));
    const cursor = new ListCursor(rows);
    cursor.move(1);
    expect(cursor.index).toBe(0);
    cursor.move(99);
    expect(cursor.index).toBe(2);
    cursor.move(-99);
    expect(cursor.index).toBe(0);
  });

  it('keeps waiting for an opened row that is not in this list', async () => {
    const rows = await opened(SlowList.of('a', 3));
    const cursor = new ListCursor(rows);
    cursor.goToRow('elsewhere');
    cursor.follow(true);
    expect([cursor.index, cursor.id]).toEqual([-1, 'elsewhere']);
  });

  it('does not skip a row when its own went while it was waited for', async () => {
    const list = SlowList.of('a', 5);
    const rows = await opened(list);
    const cursor = new ListCursor(rows);
    cursor.goTo(1);
    list.ids = ['a0', 'a2', 'a3'];
    rows.refresh();
    await list.answer();
    cursor.follow(true);
    expect(cursor.id).toBe('a1');
    cursor.move(1);
    expect(cursor.id).toBe('a2');
  });
});

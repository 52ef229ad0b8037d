import { beforeEach, describe, expect, it } from 'vitest';
import { errorView } from '../backend';
import type { ExportProgress } from '../bindings/ExportProgress';
import { toasts } from '../ui/toast/toasts.svelte';
import { exports } from './exports.svelte';

const REPORT: ExportProgress = {
  export_id: 'e1',
  state: 'running',
  rows_done: 0,
  rows_total: 1000,
  size_bytes: 0,
  file_name: 'leads.csv',
};

beforeEach(() => {
  exports.begin()(); // begins and lets go: nothing is left of the test before
  toasts.clear();
});

describe('an export', () => {
  it('is shown from its first report, with rate and remaining time once they are known', () => {
    exports.hear(REPORT, 0);
    expect(exports.running[0]?.remainingSeconds).toBeNull();
    exports.hear({ ...REPORT, rows_done: 250 }, 1000);
    expect(exports.running).toHaveLength(1);
    expect(exports.running[0]).toMatchObject({ perSecond: 250, remainingSeconds: 3 });
  });

  it('ends with a note that stays, and that says the file is not encrypted', () => {
    exports.hear(REPORT, 0);
    exports.hear({ ...REPORT, rows_done: 1000, state: 'done' }, 4000);
    expect(exports.running).toEqual([]);
    expect(toasts.items[0]).toMatchObject({ text: '1,000 leads written to leads.csv', isSticky: true });
    expect(toasts.items[0]?.detail).toContain('not encrypted');
  });

  it('says that a cancelled one left no file', () => {
    exports.hear(REPORT, 0);
    exports.hear({ ...REPORT, state: 'cancelled' }, 10);
    expect(toasts.items[0]?.detail).toBe('No file was written.');
  });

  it('keeps a failure until it is dismissed', () => {
    exports.hear(REPORT, 0);
    exports.hear({ ...REPORT, state: { failed: errorView('disk_full') } }, 10);
    expect(exports.running).toEqual([]);
    expect(exports.failed[0]?.error.code).toBe('disk_full');
    exports.dismiss('e1');
    expect(exports.failed).toEqual([]);
  });

  it('is told apart from another that runs at the same time', () => {
    exports.hear(REPORT, 0);
    exports.hear({ ...REPORT, export_id: 'e2', file_name: 'won.csv' }, 0);
    exports.hear({ ...REPORT, state: 'done', rows_done: 1000 }, 10);
    expect(exports.running.map((run) => run.progress.file_name)).toEqual(['won.csv']);
  });
});

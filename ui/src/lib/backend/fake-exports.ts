// Exports of the desk in memory: no file, but the same reports as from one that is written.

import type { ErrorCode } from '../bindings/ErrorCode';
import type { ExportProgress } from '../bindings/ExportProgress';
import type { ExportState } from '../bindings/ExportState';
import { errorView } from './error-view';

const REPORT_MS = 100;
const REPORTS = 40;
const ROW_BYTES = 214;

interface Run {
  timer: ReturnType<typeof setInterval>;
  tell: (state: ExportState) => void;
}

export class FakeExports {
  #running = new Map<string, Run>();
  #begun = 0;

  /** `error` ends each export half-way. */
  constructor(
    private readonly error: ErrorCode | null,
    private readonly report: (progress: ExportProgress) => void,
  ) {}

  /** The id of the export. Its first report comes after the caller has it. */
  begin(total: number, fileName: string): string {
    const id = `export-${++this.#begun}`;
    queueMicrotask(() => this.#run(id, total, fileName));
    return id;
  }

  cancel(id: string): void {
    this.#end(id)?.tell('cancelled');
  }

  #run(id: string, total: number, fileName: string): void {
    let done = 0;
    const tell = (state: ExportState): void => {
      this.report({
        export_id: id,
        state,
        rows_done: done,
        rows_total: total,
        size_bytes: done * ROW_BYTES,
        file_name: fileName,
      });
    };
    const timer = setInterval(() => {
      done = Math.min(total, done + Math.max(1, Math.ceil(total / REPORTS)));
      const failure = this.error !== null && done * 2 > total ? errorView(this.error, true, 'req-e4907f') : null;
      if (failure !== null || done >= total) this.#end(id);
      tell(failure !== null ? { failed: failure } : done >= total ? 'done' : 'running');
    }, REPORT_MS);
    this.#running.set(id, { timer, tell });
    tell('running');
  }

  #end(id: string): Run | undefined {
    const run = this.#running.get(id);
    clearInterval(run?.timer);
    this.#running.delete(id);
    return run;
  }
}

// Exports: the dialog that starts one, and those that run. The file and its path are the shell's business; here is only
// what to show.

import { asErrorView, backend, onDeskEvent } from '../backend';
import type { ErrorView } from '../bindings/ErrorView';
import type { ExportFormat } from '../bindings/ExportFormat';
import type { ExportProgress } from '../bindings/ExportProgress';
import type { ExportScope } from '../bindings/ExportScope';
import type { LeadId } from '../bindings/LeadId';
import type { LeadQuery } from '../bindings/LeadQuery';
import { strings } from '../strings/export';
import { toasts } from '../ui/toast/toasts.svelte';
import { RateMeter } from '../ui/progress/progress-words';

/** What the lead list offers to export besides everything. */
export interface ExportOffer {
  view: LeadQuery | null;
  selection: readonly LeadId[];
}

export interface RunningExport {
  progress: ExportProgress;
  perSecond: number;
  remainingSeconds: number | null;
}

export interface FailedExport {
  exportId: string;
  error: ErrorView;
}

class Exports {
  /** What the open dialog offers; null when it is closed. */
  offer = $state.raw<ExportOffer | null>(null);
  running = $state.raw<readonly RunningExport[]>([]);
  failed = $state.raw<readonly FailedExport[]>([]);
  #meters = new Map<string, RateMeter>();

  begin(): () => void {
    const stop = onDeskEvent((event) => {
      if (typeof event === 'object' && 'export_progressed' in event)
        this.hear(event.export_progressed, performance.now());
    });
    return () => {
      stop();
      this.offer = null;
      this.running = [];
      this.failed = [];
      this.#meters.clear();
    };
  }

  open(offer: ExportOffer): void {
    this.offer = offer;
  }

  close(): void {
    this.offer = null;
  }

  /** True when it began, false when the file dialog was cancelled. Rejects with an `ErrorView`. */
  async start(format: ExportFormat, scope: ExportScope): Promise<boolean> {
    return (await backend().exportStart({ format, scope })) !== null;
  }

  async cancel(exportId: string): Promise<void> {
    try {
      await backend().exportCancel(exportId);
    } catch (reason) {
      this.#fail(exportId, asErrorView(reason));
    }
  }

  dismiss(exportId: string): void {
    this.failed = this.failed.filter((f) => f.exportId !== exportId);
  }

  /** One report of the desk. It may come before the answer to `start`. */
  hear(progress: ExportProgress, at: number): void {
    const { export_id: id, state } = progress;
    if (state === 'running') {
      const meter = this.#meters.get(id) ?? new RateMeter();
      this.#meters.set(id, meter);
      meter.report(progress.rows_done, at);
      const shown: RunningExport = {
        progress,
        perSecond: meter.perSecond(),
        remainingSeconds: meter.remainingSeconds(progress.rows_total),
      };
      const isKnown = this.running.some((r) => r.progress.export_id === id);
      this.running = isKnown
        ? this.running.map((r) => (r.progress.export_id === id ? shown : r))
        : [...this.running, shown];
      return;
    }
    this.#end(id);
    if (state === 'done') {
      toasts.show(strings.done(progress.rows_done, progress.file_name), {
        detail: strings.doneDetail,
        isSticky: true,
      });
    } else if (state === 'cancelled') {
      toasts.show(strings.cancelled, { detail: strings.cancelledDetail });
    } else {
      this.#fail(id, state.failed);
    }
  }

  #fail(exportId: string, error: ErrorView): void {
    this.failed = [...this.failed.filter((f) => f.exportId !== exportId), { exportId, error }];
  }

  #end(id: string): void {
    this.#meters.delete(id);
    this.running = this.running.filter((r) => r.progress.export_id !== id);
  }
}

export const exports = new Exports();

/** Opens the export dialog. `view` is the list as it is filtered and sorted now; `selection` may be empty. */
export function openExport(offer: ExportOffer): void {
  exports.open(offer);
}

// An import: the file that was chosen, what its columns become, what its rows come to, and how adding them goes on. The file
// and its path are the shell's business; here is only what to show.

import { asErrorView, backend, onDeskEvent } from '../backend';
import type { CustomField } from '../bindings/CustomField';
import type { Duplicates } from '../bindings/Duplicates';
import type { ErrorView } from '../bindings/ErrorView';
import type { ImportCounts } from '../bindings/ImportCounts';
import type { ImportFile } from '../bindings/ImportFile';
import type { ImportPlan } from '../bindings/ImportPlan';
import type { ImportProgress } from '../bindings/ImportProgress';
import type { ImportRow } from '../bindings/ImportRow';
import type { ImportTarget } from '../bindings/ImportTarget';
import { POOL } from '../edit/choices';
import { session } from '../session/session.svelte';
import { strings } from '../strings/import';
import { RateMeter } from '../ui/progress/progress-words';
import { toasts } from '../ui/toast/toasts.svelte';

export type ImportStep = 'file' | 'columns' | 'check' | 'report';

export interface RunningImport {
  progress: ImportProgress;
  perSecond: number;
  remainingSeconds: number | null;
}

/** What was chosen besides the columns. */
export interface ImportChoices {
  stageId: string;
  ownerId: string;
  tag: string;
  duplicates: Duplicates;
}

/** By one of these a lead is somebody. */
const WHO: readonly ImportTarget[] = ['name', 'first_name', 'last_name', 'email', 'phone'];

export function saysWho(targets: readonly ImportTarget[]): boolean {
  return targets.some((target) => WHO.includes(target));
}

/** What a target goes by where a text is needed. */
export function targetKey(target: ImportTarget): string {
  return typeof target === 'string' ? target : `custom.${target.custom}`;
}

/** A target that one column gets is taken from the others: each is in a lead once. */
export function withTarget(targets: readonly ImportTarget[], place: number, target: ImportTarget): ImportTarget[] {
  return targets.map((other, at) => {
    if (at === place) return target;
    return targetKey(other) === targetKey(target) ? 'ignore' : other;
  });
}

/** How many leads there would be. */
export function toBeAdded(counts: ImportCounts, duplicates: Duplicates): number {
  return duplicates === 'skip' ? counts.new : counts.new + counts.in_file + counts.known;
}

class Imports {
  /** What the open dialog shows; null when it is closed. */
  step = $state.raw<ImportStep | null>(null);
  file = $state.raw<ImportFile | null>(null);
  targets = $state.raw<readonly ImportTarget[]>([]);
  choices = $state.raw<ImportChoices>({ stageId: '', ownerId: POOL, tag: '', duplicates: 'skip' });
  rows = $state.raw<readonly ImportRow[]>([]);
  /** What the rows looked at so far come to; null before the first report. */
  checked = $state.raw<ImportProgress | null>(null);
  running = $state.raw<RunningImport | null>(null);
  /** How the last one ended. */
  ended = $state.raw<ImportProgress | null>(null);
  error = $state.raw<ErrorView | null>(null);
  isBusy = $state(false);
  #meter = new RateMeter();
  /** Leads are being added, or are about to be. */
  #isAdding = false;

  begin(): () => void {
    const stop = onDeskEvent((event) => {
      if (typeof event === 'object' && 'import_progressed' in event)
        this.hear(event.import_progressed, performance.now());
    });
    return () => {
      stop();
      this.#forget();
      this.running = null;
      this.ended = null;
      this.#isAdding = false;
    };
  }

  /** At the choice of a file: one import at a time. */
  open(): void {
    if (this.#isAdding) {
      toasts.show(strings.oneAtATime);
      return;
    }
    this.#forget();
    this.ended = null;
    this.step = 'file';
  }

  openReport(): void {
    if (this.ended !== null) this.step = 'report';
  }

  close(): void {
    if (this.step === 'check') void this.#stopChecking();
    this.step = null;
    this.error = null;
  }

  async choose(): Promise<void> {
    await this.#do(async () => {
      const file = await backend().importOpen();
      if (file === null) return;
      this.#take(file);
      const { stages } = session.view;
      const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' }).format(new Date());
      this.choices = { stageId: stages[0]?.id ?? '', ownerId: POOL, tag: strings.tagOf(day), duplicates: 'skip' };
      this.step = 'columns';
    });
  }

  async setHeadings(hasHeadings: boolean): Promise<void> {
    const { file } = this;
    if (file === null) return;
    await this.#do(async () => {
      this.#take(await backend().importSetHeadings(file.import_id, hasHeadings));
    });
  }

  /** The studio's own fields that columns become, in the order of the columns. */
  get ownFields(): CustomField[] {
    return this.targets.flatMap((target) => {
      const field = typeof target === 'string' ? undefined : session.findField(target.custom);
      return field === undefined ? [] : [field];
    });
  }

  setTarget(place: number, target: ImportTarget): void {
    this.targets = target === 'ignore' ? this.targets.with(place, target) : withTarget(this.targets, place, target);
  }

  change(choices: Partial<ImportChoices>): void {
    this.choices = { ...this.choices, ...choices };
  }

  async check(): Promise<void> {
    const { file } = this;
    if (file === null || !saysWho(this.targets)) return;
    await this.#do(async () => {
      this.checked = null;
      this.rows = await backend().importCheck(file.import_id, this.#plan());
      this.step = 'check';
    });
  }

  back(): void {
    if (this.step === 'check') {
      void this.#stopChecking();
      this.step = 'columns';
    } else if (this.step === 'columns') this.step = 'file';
  }

  async run(): Promise<void> {
    const { file } = this;
    if (file === null) return;
    await this.#do(async () => {
      this.#meter = new RateMeter();
      this.#isAdding = true;
      try {
        await backend().importRun(file.import_id, this.#plan());
      } catch (reason) {
        this.#isAdding = false;
        throw reason;
      }
      this.step = null;
    });
  }

  async cancel(): Promise<void> {
    const id = this.running?.progress.import_id;
    if (id === undefined) return;
    try {
      await backend().importCancel(id);
    } catch (reason) {
      this.error = asErrorView(reason);
    }
  }

  async saveRefused(): Promise<void> {
    const { file } = this;
    if (file === null) return;
    await this.#do(async () => {
      const saved = await backend().importSaveRefused(file.import_id, this.#plan());
      if (saved !== null) toasts.show(strings.saved(saved));
    });
  }

  /** One report of the desk. */
  hear(progress: ImportProgress, at: number): void {
    const { state } = progress;
    if (state === 'running') {
      this.#meter.report(progress.bytes_done, at);
      const bytes = this.#meter.perSecond();
      const perRow = progress.counts.rows === 0 ? 0 : progress.bytes_done / progress.counts.rows;
      this.running = {
        progress,
        perSecond: perRow === 0 ? 0 : bytes / perRow,
        remainingSeconds: this.#meter.remainingSeconds(progress.bytes_total),
      };
      return;
    }
    if (state === 'checking' || state === 'checked') {
      this.checked = progress;
      return;
    }
    if (!this.#isAdding) {
      // Of a look at the rows. One that was ended is not missed.
      if (typeof state === 'object') this.error = state.failed;
      return;
    }
    this.#isAdding = false;
    this.running = null;
    this.ended = progress;
    const { imported } = progress.counts;
    const report = { label: strings.showReport, run: () => this.openReport() };
    if (state === 'done') {
      toasts.show(strings.done(imported, progress.file_name), { isSticky: true, action: report });
    } else {
      const isFailed = state !== 'cancelled';
      toasts.show(isFailed ? strings.failed : strings.cancelled, {
        detail: strings.stays(imported),
        isSticky: true,
        action: report,
        ...(isFailed ? { tone: 'bad' as const } : {}),
      });
    }
  }

  #plan(): ImportPlan {
    const { stageId, ownerId, tag, duplicates } = this.choices;
    return {
      targets: [...this.targets],
      stage_id: stageId,
      owner_id: ownerId === POOL ? null : ownerId,
      tag: tag.trim() === '' ? null : tag.trim(),
      duplicates,
    };
  }

  #take(file: ImportFile): void {
    this.file = file;
    this.targets = file.columns.map((column) => column.guess);
    this.checked = null;
    this.rows = [];
  }

  async #stopChecking(): Promise<void> {
    const id = this.file?.import_id;
    if (id === undefined || this.checked?.state === 'checked') return;
    await backend()
      .importCancel(id)
      .catch(() => undefined); // it ends by itself
  }

  async #do(act: () => Promise<void>): Promise<void> {
    if (this.isBusy) return;
    this.isBusy = true;
    this.error = null;
    try {
      await act();
    } catch (reason) {
      this.error = asErrorView(reason);
    } finally {
      this.isBusy = false;
    }
  }

  #forget(): void {
    this.step = null;
    this.file = null;
    this.targets = [];
    this.rows = [];
    this.checked = null;
    this.error = null;
  }
}

export const imports = new Imports();

// The words beside a determinate bar. Pure.

import { count } from '../../format/number';
import { duration } from '../../format/time';

/** 0 to 1; an unknown or empty total is 0, and more done than expected is no more than all. */
export function fractionOf(done: number, total: number): number {
  if (!(total > 0)) return 0;
  return Math.min(1, Math.max(0, done / total));
}

/** `37%`; rounded down, so that 100% is only said of all. */
export function percent(done: number, total: number): string {
  return `${Math.floor(fractionOf(done, total) * 100)}%`;
}

/** `41,200 of 110,000` */
export function doneOf(done: number, total: number): string {
  return `${count(done)} of ${count(Math.max(done, total))}`;
}

/** What is said of a thing that runs; what is empty is left out. */
export function joined(parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join(' · ');
}

/** `5,200 a second · 13 s left`; what is not known is left out. */
export function rateAndRest(rowsPerSecond: number, remainingSeconds: number | null): string {
  return joined([
    rowsPerSecond >= 1 ? `${count(rowsPerSecond)} a second` : '',
    remainingSeconds === null ? '' : `${duration(Math.max(1, remainingSeconds))} left`,
  ]);
}

/** Rows a second over the last few reports, for progress that comes without a rate. */
export class RateMeter {
  #reports: { at: number; done: number }[] = [];

  constructor(private readonly windowMs = 4000) {}

  report(done: number, at: number): void {
    this.#reports.push({ at, done });
    while (this.#reports.length > 2 && at - (this.#reports[0]?.at ?? at) > this.windowMs) this.#reports.shift();
  }

  /** 0 until there are two reports at different times. */
  perSecond(): number {
    const first = this.#reports[0];
    const last = this.#reports.at(-1);
    if (first === undefined || last === undefined || last.at <= first.at) return 0;
    return ((last.done - first.done) * 1000) / (last.at - first.at);
  }

  remainingSeconds(total: number): number | null {
    const rate = this.perSecond();
    const done = this.#reports.at(-1)?.done ?? 0;
    return rate > 0 ? Math.max(0, total - done) / rate : null;
  }
}

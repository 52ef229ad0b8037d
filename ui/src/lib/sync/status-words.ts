// What the status line says. Pure: the state and now go in, words come out.

import type { SyncStatus } from '../bindings/SyncStatus';
import { ERRORS } from '../errors/error-table';
import { duration, moment } from '../format/time';
import { strings as outboxStrings } from '../strings/outbox';
import { strings } from '../strings/sync';
import { percent } from '../ui/progress/progress-words';

export type StatusTone = 'ok' | 'quiet' | 'warn' | 'bad';

export interface StatusWords {
  tone: StatusTone;
  text: string;
  /** A second thing that wants attention, short. */
  also: string | null;
}

/** `waiting`: changes of this computer that are not sent yet. */
export function statusWords(status: SyncStatus | null, now: number, waiting = 0): StatusWords {
  if (status === null) return { tone: 'quiet', text: strings.starting, also: null };
  return { ...main(status, now), also: also(status, waiting) };
}

function main(status: SyncStatus, now: number): Pick<StatusWords, 'tone' | 'text'> {
  switch (status.connection) {
    case 'stopped':
      return { tone: 'bad', text: status.problem ? ERRORS[status.problem.code].title : strings.stopped };
    case 'offline':
      return { tone: 'warn', text: strings.offlineSince(moment(status.since, now)) };
    case 'connecting':
      return { tone: 'quiet', text: strings.connecting };
    case 'online': {
      if (status.first_sync !== null) {
        const { rows_done, rows_total } = status.first_sync;
        return { tone: 'quiet', text: strings.firstSync(percent(rows_done, rows_total)) };
      }
      if (status.up_to_date_at === null) return { tone: 'quiet', text: strings.syncing };
      return { tone: 'ok', text: strings.upToDate(moment(status.up_to_date_at, now)) };
    }
  }
}

function also(status: SyncStatus, waiting: number): string | null {
  const words: string[] = [];
  // While the server is reached they are gone in a moment.
  if (waiting > 0 && status.connection !== 'online') words.push(outboxStrings.waitToBeSent(waiting));
  if (status.clock_skew_ms !== null) words.push(strings.clockShort);
  else if (status.unreadable_changes > 0) words.push(strings.unreadableShort(status.unreadable_changes));
  return words.length === 0 ? null : words.join(' · ');
}

/** The sentences of the details, the most important first. The problem itself is an `ErrorNotice` above them. */
export function statusDetails(status: SyncStatus, now: number): string[] {
  const lines: string[] = [];
  if (status.connection === 'offline') lines.push(strings.offlineWorks);
  if (status.first_sync !== null) lines.push(strings.neverUpToDate);
  else if (status.connection === 'online' && status.up_to_date_at !== null) lines.push(strings.everythingHere);
  else if (status.up_to_date_at !== null) lines.push(strings.lastUpToDate(moment(status.up_to_date_at, now)));
  if (status.clock_skew_ms !== null) {
    const by = duration(Math.abs(status.clock_skew_ms) / 1000);
    lines.push(status.clock_skew_ms > 0 ? strings.clockAhead(by) : strings.clockBehind(by));
  }
  if (status.unreadable_changes > 0) lines.push(strings.unreadable(status.unreadable_changes));
  return lines;
}

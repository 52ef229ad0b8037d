// Ranges of days, in the studio's time zone. Pure.

/** From `from`, included, to `before`, excluded; `null` is no limit. Milliseconds since 1970 UTC. */
export interface DateRange {
  from: number | null;
  before: number | null;
}

export type DatePreset = 'any' | 'today' | 'last7' | 'last30' | 'thisMonth' | 'lastMonth';

export const DATE_PRESETS: readonly DatePreset[] = ['any', 'today', 'last7', 'last30', 'thisMonth', 'lastMonth'];

/** A calendar day, without a time zone. `month` counts from 1. */
export interface Day {
  year: number;
  month: number;
  day: number;
}

const zones = new Map<string, Intl.DateTimeFormat>();

function zone(timeZone: string): Intl.DateTimeFormat {
  let made = zones.get(timeZone);
  if (made === undefined) {
    made = new Intl.DateTimeFormat('en-US', {
      timeZone,
      calendar: 'gregory',
      numberingSystem: 'latn',
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    zones.set(timeZone, made);
  }
  return made;
}

function wallClock(at: number, timeZone: string): Day & { utcMs: number } {
  const value: Record<string, number> = {};
  for (const part of zone(timeZone).formatToParts(at)) value[part.type] = Number(part.value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = value;
  return { year, month, day, utcMs: Date.UTC(year, month - 1, day, hour, minute, second) };
}

/** The day it is at a moment. */
export function dayOf(at: number, timeZone: string): Day {
  const { year, month, day } = wallClock(at, timeZone);
  return { year, month, day };
}

/** The first moment of a day. Where the clocks skip midnight, the moment they skip to. */
export function startOfDay(day: Day, timeZone: string): number {
  const wanted = Date.UTC(day.year, day.month - 1, day.day);
  // The offset at the guess may be another than at the answer: once more from there settles it.
  let at = wanted - (wallClock(wanted, timeZone).utcMs - wanted);
  at = wanted - (wallClock(at, timeZone).utcMs - at);
  // Midnight does not exist on this day: the nearest moment after it does.
  if (wallClock(at, timeZone).utcMs < wanted) at += wanted - wallClock(at, timeZone).utcMs;
  return at;
}

export function addDays(day: Day, days: number): Day {
  const moved = new Date(Date.UTC(day.year, day.month - 1, day.day + days));
  return { year: moved.getUTCFullYear(), month: moved.getUTCMonth() + 1, day: moved.getUTCDate() };
}

export function presetRange(preset: DatePreset, now: number, timeZone: string): DateRange {
  const today = dayOf(now, timeZone);
  const start = (day: Day): number => startOfDay(day, timeZone);
  switch (preset) {
    case 'any':
      return { from: null, before: null };
    case 'today':
      return { from: start(today), before: null };
    case 'last7':
      return { from: start(addDays(today, -6)), before: null };
    case 'last30':
      return { from: start(addDays(today, -29)), before: null };
    case 'thisMonth':
      return { from: start({ ...today, day: 1 }), before: null };
    case 'lastMonth': {
      const lastOfMonth = addDays({ ...today, day: 1 }, -1);
      return { from: start({ ...lastOfMonth, day: 1 }), before: start({ ...today, day: 1 }) };
    }
  }
}

/** Which preset a range is today, if any. */
export function presetOf(range: DateRange, now: number, timeZone: string): DatePreset | null {
  const same = DATE_PRESETS.find((preset) => {
    const one = presetRange(preset, now, timeZone);
    return one.from === range.from && one.before === range.before;
  });
  return same ?? null;
}

/** `2026-11-15`, as a date field has it; `''` for no limit. */
export function fieldValue(day: Day | null): string {
  if (day === null) return '';
  const two = (n: number): string => String(n).padStart(2, '0');
  return `${String(day.year).padStart(4, '0')}-${two(day.month)}-${two(day.day)}`;
}

/** The day in a date field; `null` when it is empty or no date. */
export function parseField(value: string): Day | null {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(value);
  if (match === null) return null;
  const day = { year: Number(match[1]), month: Number(match[2]), day: Number(match[3]) };
  return fieldValue(addDays(day, 0)) === value ? day : null;
}

/** A range as two fields show it: both days included. */
export function daysOfRange(range: DateRange, timeZone: string): { first: Day | null; last: Day | null } {
  return {
    first: range.from === null ? null : dayOf(range.from, timeZone),
    last: range.before === null ? null : dayOf(range.before - 1, timeZone),
  };
}

/** The range from the start of one day to the end of another. */
export function rangeOfDays(first: Day | null, last: Day | null, timeZone: string): DateRange {
  return {
    from: first === null ? null : startOfDay(first, timeZone),
    before: last === null ? null : startOfDay(addDays(last, 1), timeZone),
  };
}

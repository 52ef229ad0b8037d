import { describe, expect, it } from 'vitest';

import {
  addDays,
  dayOf,
  daysOfRange,
  fieldValue,
  parseField,
  presetOf,
  presetRange,
  rangeOfDays,
  startOfDay,
} from './date-range';

const iso = (at: number | null): string | null => (at === null ? null : new Date(at).toISOString());

describe('date ranges', () => {
  it.each([
    ['Europe/Lisbon', '2026-11-15', '2026-11-15T00:00:00.000Z'],
    ['Europe/Berlin', '2026-07-01', '2026-06-30T22:00:00.000Z'],
    ['Asia/Kolkata', '2026-11-15', '2026-11-14T18:30:00.000Z'],
    ['Pacific/Auckland', '2026-01-10', '2026-01-09T11:00:00.000Z'],
    ['America/Los_Angeles', '2026-03-08', '2026-03-08T08:00:00.000Z'],
    ['America/Los_Angeles', '2026-11-02', '2026-11-02T08:00:00.000Z'],
    // The clocks skip from midnight to one o'clock.
    ['America/Santiago', '2026-09-06', '2026-09-06T04:00:00.000Z'],
  ])('in %s, %s begins at %s', (zone, day, expected) => {
    const parsed = parseField(day);
    expect(parsed).not.toBeNull();
    if (parsed !== null) expect(iso(startOfDay(parsed, zone))).toBe(expected);
  });

  it('begins each day of two years inside of that day, and the moment before is outside', () => {
    for (const zone of ['Europe/Lisbon', 'America/Sao_Paulo', 'Asia/Kolkata', 'Africa/Cairo', 'Australia/Lord_Howe']) {
      for (let n = 0; n < 730; n += 1) {
        const day = addDays({ year: 2025, month: 1, day: 1 }, n);
        const start = startOfDay(day, zone);
        expect(dayOf(start, zone)).toEqual(day);
        expect(dayOf(start - 1, zone)).toEqual(addDays(day, -1));
      }
    }
  });

  const now = Date.parse('2026-03-31T22:30:00Z');

  it('counts presets in the studio’s zone, whatever this computer’s', () => {
    expect(iso(presetRange('today', now, 'Europe/Berlin').from)).toBe('2026-03-31T22:00:00.000Z');
    expect(iso(presetRange('today', now, 'Europe/Lisbon').from)).toBe('2026-03-30T23:00:00.000Z');
    expect(iso(presetRange('last7', now, 'Asia/Kolkata').from)).toBe('2026-03-25T18:30:00.000Z');
    const lastMonth = presetRange('lastMonth', now, 'Europe/Berlin');
    expect([iso(lastMonth.from), iso(lastMonth.before)]).toEqual([
      '2026-02-28T23:00:00.000Z',
      '2026-03-31T22:00:00.000Z',
    ]);
  });

  it('recognises a preset again the same day', () => {
    expect(presetOf(presetRange('last30', now, 'Asia/Kolkata'), now + 3_600_000, 'Asia/Kolkata')).toBe('last30');
    expect(presetOf({ from: 5, before: null }, now, 'Asia/Kolkata')).toBeNull();
  });

  it('includes both days of two fields', () => {
    const first = parseField('2026-03-28');
    const last = parseField('2026-03-29');
    const range = rangeOfDays(first, last, 'Europe/Berlin');
    expect((Number(range.before) - Number(range.from)) / 3_600_000).toBe(47);
    expect(daysOfRange(range, 'Europe/Berlin')).toEqual({ first, last });
    expect(rangeOfDays(null, null, 'Europe/Berlin')).toEqual({ from: null, before: null });
  });

  it('refuses what is no date', () => {
    expect(parseField('2026-02-30')).toBeNull();
    expect(parseField('')).toBeNull();
    expect(fieldValue({ year: 2026, month: 2, day: 3 })).toBe('2026-02-03');
  });
});

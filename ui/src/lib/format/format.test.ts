import { describe, expect, it } from 'vitest';
import { amount, byteSize, count, counted, elapsed, money } from './number';
import { ago, clockTime, dayHeading, daysBetween, duration, listTime, moment, shortDate } from './time';

const LISBON = 'Europe/Lisbon';
const NOW = Date.parse('2026-11-20T14:02:00Z');
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

describe('times', () => {
  it('are those of the zone that is asked for', () => {
    expect(clockTime(NOW, LISBON)).toBe('14:02');
    expect(clockTime(NOW, 'Asia/Kolkata')).toBe('19:32');
    expect(clockTime(Date.parse('2026-11-20T00:00:00Z'), LISBON)).toBe('00:00');
  });

  it('count calendar days, not spans of 24 hours, also where an hour is skipped', () => {
    expect(daysBetween(Date.parse('2026-11-19T23:59:00Z'), Date.parse('2026-11-20T00:01:00Z'), LISBON)).toBe(1);
    expect(daysBetween(Date.parse('2026-03-28T12:00:00Z'), Date.parse('2026-03-29T12:00:00Z'), LISBON)).toBe(1);
    expect(daysBetween(NOW, NOW - HOUR, LISBON)).toBe(0);
  });

  it.each([
    [0, '14:02'],
    [DAY, 'Yesterday'],
    [3 * DAY, 'Tue'],
    [8 * DAY, '12 Nov'],
    [400 * DAY, '16 Oct 2025'],
  ])('%i ms ago is as short as a list allows: %s', (before, text) => {
    expect(listTime(NOW - before, NOW, LISBON)).toBe(text);
  });

  it('a time that lies ahead is a date, not "Yesterday"', () => {
    expect(listTime(NOW + 2 * DAY, NOW, LISBON)).toBe('22 Nov');
  });

  it('headings of days name the day', () => {
    expect(dayHeading(NOW, NOW, LISBON)).toBe('Today');
    expect(dayHeading(NOW - DAY, NOW, LISBON)).toBe('Yesterday');
    expect(dayHeading(NOW - 5 * DAY, NOW, LISBON)).toBe('Sunday 15 November');
  });

  it('moments and dates', () => {
    expect(moment(NOW - 22 * MINUTE, NOW, LISBON)).toBe('13:40');
    expect(moment(NOW - DAY, NOW, LISBON)).toBe('Yesterday, 14:02');
    expect(shortDate(NOW, NOW, LISBON)).toBe('20 Nov');
  });

  it.each([
    [20_000, 'now'],
    [12 * MINUTE, '12 min'],
    [3 * HOUR, '3 h'],
    [DAY, 'Yesterday'],
    [4 * DAY, '4 d'],
    [9 * DAY, '11 Nov'],
  ])('%i ms ago is %s', (before, text) => {
    expect(ago(NOW - before, NOW, LISBON)).toBe(text);
  });

  it.each([
    [0.2, '0 s'],
    [59, '59 s'],
    [61, '1 min'],
    [3600, '1 h'],
    [4800, '1 h 20 min'],
  ])('%d s lasts %s', (seconds, text) => {
    expect(duration(seconds)).toBe(text);
  });
});

describe('numbers', () => {
  it('are grouped and agree with their noun', () => {
    expect(count(8412)).toBe('8,412');
    expect(counted(1, 'lead', 'leads')).toBe('1 lead');
    expect(counted(0, 'lead', 'leads')).toBe('0 leads');
  });

  it('money shows cents only where there are any, and its sign', () => {
    expect(money(42_000, 'EUR')).toBe('€420');
    expect(money(42_050, 'EUR')).toBe('€420.50');
    expect(money(-5000, 'GBP')).toBe('-£50');
  });

  it('an amount is exact, in the minor unit that its currency has', () => {
    expect(amount(4900, 'EUR')).toBe('€49.00');
    expect(amount(-1205, 'GBP')).toBe('-£12.05');
    expect(amount(4900, 'JPY')).toBe('¥4,900');
    expect(amount(49_000, 'KWD')).toMatch(/^KWD\s49\.000$/);
    expect(money(4900, 'EUR'), 'another way of telling the same currency').toBe('€49');
  });

  it('sizes and spans', () => {
    expect(byteSize(640)).toBe('640 B');
    expect(byteSize(1_234_000)).toBe('1.2 MB');
    expect(elapsed(300)).toBe('under 1 ms');
    expect(elapsed(6100)).toBe('6 ms');
    expect(elapsed(1_234_000)).toBe('1.2 s');
  });
});

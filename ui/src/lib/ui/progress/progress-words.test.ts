import { describe, expect, it } from 'vitest';
import { RateMeter, doneOf, fractionOf, percent, rateAndRest } from './progress-words';

describe('progress', () => {
  it('is between nothing and all, whatever comes in', () => {
    expect(fractionOf(5, 0)).toBe(0);
    expect(fractionOf(5, 4)).toBe(1);
    expect(fractionOf(-1, 4)).toBe(0);
    expect(fractionOf(1, Number.NaN)).toBe(0);
  });

  it('says 100% only of all', () => {
    expect(percent(109_999, 110_000)).toBe('99%');
    expect(percent(110_000, 110_000)).toBe('100%');
  });

  it('never says more than there is', () => {
    expect(doneOf(41_200, 110_000)).toBe('41,200 of 110,000');
    expect(doneOf(12, 10)).toBe('12 of 12');
  });

  it('leaves out what is not known', () => {
    expect(rateAndRest(5200, 13)).toBe('5,200 a second · 13 s left');
    expect(rateAndRest(0, null)).toBe('');
    expect(rateAndRest(10, 0.2)).toBe('10 a second · 1 s left');
  });
});

describe('RateMeter', () => {
  it('knows nothing from one report', () => {
    const meter = new RateMeter();
    meter.report(100, 0);
    expect(meter.perSecond()).toBe(0);
    expect(meter.remainingSeconds(1000)).toBeNull();
  });

  it('measures over the last seconds only', () => {
    const meter = new RateMeter(2000);
    for (let s = 0; s <= 10; s++) meter.report(s * 10, s * 1000);
    for (let s = 11; s <= 14; s++) meter.report(100 + (s - 10) * 500, s * 1000);
    expect(meter.perSecond()).toBe(500);
    expect(meter.remainingSeconds(3100)).toBe(2);
  });
});

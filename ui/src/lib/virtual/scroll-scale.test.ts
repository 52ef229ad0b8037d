import { describe, expect, it } from 'vitest';

import { MAX_BOX_PX, ScrollFollower, ScrollScale, TRUE_END_PX } from './scroll-scale';

const million = new ScrollScale(1_000_000, 72, 700);

describe('ScrollScale', () => {
  it('is true to the pixel while the list fits', () => {
    const scale = new ScrollScale(100_000, 30, 700);
    expect(scale.isSqueezed).toBe(false);
    expect(scale.boxPx).toBe(3_000_000);
    expect(scale.listTop(12_345)).toBe(12_345);
    expect(scale.scrollTop(12_345)).toBe(12_345);
  });

  it('keeps a million rows under the height a browser can draw', () => {
    expect(million.listPx).toBe(72_000_000);
    expect(million.boxPx).toBe(MAX_BOX_PX);
  });

  it('reaches the first and the last row', () => {
    expect(million.rows(million.listTop(0), 0).start).toBe(0);
    expect(million.rows(million.listTop(million.boxPx - 700), 0).end).toBe(1_000_000);
  });

  it('is true to the pixel near both ends', () => {
    expect(million.listTop(300) - million.listTop(200)).toBe(100);
    const bottom = million.boxPx - 700;
    expect(million.listTop(bottom) - million.listTop(bottom - 100)).toBe(100);
  });

  it('goes there and back everywhere, and never backwards', () => {
    let last = -1;
    for (let scroll = 0; scroll <= million.boxPx - 700; scroll += 4_999) {
      const list = million.listTop(scroll);
      expect(list).toBeGreaterThan(last);
      expect(million.scrollTop(list)).toBeCloseTo(scroll, 3);
      last = list;
    }
    expect(million.listTop(TRUE_END_PX)).toBe(TRUE_END_PX);
  });

  it('shows whole windows of rows with overscan, clipped to the list', () => {
    const scale = new ScrollScale(50, 30, 300);
    expect(scale.rows(0, 2)).toEqual({ start: 0, end: 12 });
    expect(scale.rows(45, 0)).toEqual({ start: 1, end: 12 });
    expect(scale.rows(99_999, 2)).toEqual({ start: 38, end: 50 });
    expect(new ScrollScale(0, 30, 300).rows(0, 5)).toEqual({ start: 0, end: 0 });
    expect(new ScrollScale(3, 30, 300).rows(0, 5)).toEqual({ start: 0, end: 3 });
  });

  it('reveals a row by the least movement', () => {
    const scale = new ScrollScale(100, 30, 300);
    expect(scale.revealing(5, 0)).toBe(0);
    expect(scale.revealing(10, 0)).toBe(30);
    expect(scale.revealing(2, 300)).toBe(60);
    expect(scale.revealing(99, 0)).toBe(2_700);
  });
});

describe('ScrollFollower', () => {
  it('moves the list by what the wheel moved, also in the squeezed middle', () => {
    const follower = new ScrollFollower();
    follower.moved(million, 36_000_000);
    const scroll = million.scrollTop(36_000_000);
    follower.scrolled(million, scroll + 100);
    expect(follower.listTop).toBe(36_000_100);
    follower.scrolled(million, scroll + 200);
    expect(follower.listTop).toBe(36_000_200);
    expect(follower.drift(million)).toBeGreaterThan(0);
  });

  it('goes by the scale when the thumb is dragged', () => {
    const follower = new ScrollFollower();
    follower.scrolled(million, 4_000_000);
    expect(follower.listTop).toBe(million.listTop(4_000_000));
  });

  it('settles the difference without moving a row', () => {
    const follower = new ScrollFollower();
    follower.moved(million, 36_000_000);
    for (let i = 0; i < 50; i += 1) follower.scrolled(million, million.scrollTop(36_000_000) + i * 100);
    const row = 500_100;
    const seen = row * 72 + follower.shift - (million.scrollTop(36_000_000) + 4_900);
    const list = follower.listTop;
    const settled = follower.moved(million, list);
    expect(follower.drift(million)).toBe(0);
    expect(row * 72 + follower.shift - settled).toBeCloseTo(seen, 6);
  });

  it('always comes to the very ends', () => {
    const follower = new ScrollFollower();
    follower.moved(million, 36_000_000);
    follower.scrolled(million, million.boxPx - 700);
    expect(follower.listTop).toBe(72_000_000 - 700);
    follower.scrolled(million, 0);
    expect(follower.listTop).toBe(0);
  });
});

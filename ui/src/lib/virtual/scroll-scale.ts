// Where a row of a very long list stands. Pure arithmetic, in CSS pixels.
//
// A browser's box can't be higher than some tens of millions of pixels (33,554,428 in WebKit), and transforms lose
// whole pixels past 16 million. So the scrolled box is at most MAX_BOX_PX high. A longer list is mapped onto it: true to the pixel
// near both ends, so that the first and last rows are always reachable by the wheel, and squeezed between.

/** Half of where single-precision coordinates lose pixels. */
export const MAX_BOX_PX = 8_000_000;
/** This much at each end is never squeezed. */
export const TRUE_END_PX = 1_000_000;

export class ScrollScale {
  /** Height of the whole list, were there no limit. */
  readonly listPx: number;
  /** Height of the box that scrolls. */
  readonly boxPx: number;
  private readonly listRange: number;
  private readonly boxRange: number;

  constructor(
    readonly count: number,
    readonly rowPx: number,
    readonly viewportPx: number,
  ) {
    this.listPx = count * rowPx;
    this.boxPx = Math.min(this.listPx, MAX_BOX_PX);
    this.listRange = Math.max(0, this.listPx - viewportPx);
    this.boxRange = Math.max(0, this.boxPx - viewportPx);
  }

  get isSqueezed(): boolean {
    return this.listRange > this.boxRange;
  }

  /** Top of the viewport in the list, for a scroll position of the box. */
  listTop(scrollTop: number): number {
    const at = clamp(scrollTop, 0, this.boxRange);
    if (!this.isSqueezed || at <= TRUE_END_PX) return at;
    if (at >= this.boxRange - TRUE_END_PX) return this.listRange - (this.boxRange - at);
    return TRUE_END_PX + (at - TRUE_END_PX) * this.slope;
  }

  /** Scroll position of the box that puts `listTop` at the top of the viewport. */
  scrollTop(listTop: number): number {
    const at = clamp(listTop, 0, this.listRange);
    if (!this.isSqueezed || at <= TRUE_END_PX) return at;
    if (at >= this.listRange - TRUE_END_PX) return this.boxRange - (this.listRange - at);
    return TRUE_END_PX + (at - TRUE_END_PX) / this.slope;
  }

  /** List pixels a scrolled pixel of the squeezed middle stands for. */
  private get slope(): number {
    return (this.listRange - 2 * TRUE_END_PX) / (this.boxRange - 2 * TRUE_END_PX);
  }

  /** The rows that a viewport at `listTop` shows, even partly, with `overscan` more each side; `end` is exclusive. */
  rows(listTop: number, overscan: number): { start: number; end: number } {
    if (this.count === 0 || this.rowPx <= 0) return { start: 0, end: 0 };
    const top = clamp(listTop, 0, this.listRange);
    const start = Math.max(0, Math.floor(top / this.rowPx) - overscan);
    const end = Math.min(this.count, Math.ceil((top + this.viewportPx) / this.rowPx) + overscan);
    return { start, end: Math.max(start, end) };
  }

  /** The least movement from `listTop` that shows the whole of row `index`. */
  revealing(index: number, listTop: number): number {
    const top = index * this.rowPx;
    if (top < listTop) return top;
    if (top + this.rowPx > listTop + this.viewportPx)
      return Math.min(this.listRange, top + this.rowPx - this.viewportPx);
    return clamp(listTop, 0, this.listRange);
  }

  /** Whole rows that fit the viewport: what PageUp and PageDown move by. */
  get rowsPerPage(): number {
    return Math.max(1, Math.floor(this.viewportPx / Math.max(1, this.rowPx)) - 1);
  }
}

/**
 * Follows a box as it is scrolled. A wheel or a key moves the list by the same pixels that the box moved, also where the box is
 * squeezed; only a far jump (the thumb dragged) goes by the scale. The difference that builds up is settled when the
 * scrolling rests.
 */
export class ScrollFollower {
  private scrollPx = 0;
  /** Top of the viewport in the list. */
  listTop = 0;

  /** The box was scrolled by somebody. */
  scrolled(scale: ScrollScale, scrollTop: number): void {
    const delta = scrollTop - this.scrollPx;
    this.scrollPx = scrollTop;
    const isJump = Math.abs(delta) > scale.viewportPx * 2;
    const atEnd = scrollTop <= 0 || scrollTop >= scale.boxPx - scale.viewportPx;
    if (!scale.isSqueezed || isJump || atEnd) this.listTop = scale.listTop(scrollTop);
    else this.listTop = clamp(this.listTop + delta, 0, Math.max(0, scale.listPx - scale.viewportPx));
  }

  /** We move the list; returns the scroll position to set on the box. */
  moved(scale: ScrollScale, listTop: number): number {
    this.listTop = clamp(listTop, 0, Math.max(0, scale.listPx - scale.viewportPx));
    this.scrollPx = scale.scrollTop(this.listTop);
    return this.scrollPx;
  }

  /** What to add to a place in the list to get its place in the box. */
  get shift(): number {
    return this.scrollPx - this.listTop;
  }

  /** How far the box stands from where the scale wants it. */
  drift(scale: ScrollScale): number {
    return this.scrollPx - scale.scrollTop(this.listTop);
  }
}

function clamp(value: number, low: number, high: number): number {
  return Math.max(low, Math.min(high, value));
}

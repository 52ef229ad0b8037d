// One touch of attribution in words. Pure. All values are text from outside.

import type { Touch } from '../bindings/Touch';

export type TouchField = keyof Touch;

/** In the order in which they matter to a reader. */
const TOUCH_FIELDS: readonly TouchField[] = [
  'campaign',
  'ad',
  'form',
  'referred_by',
  'utm_source',
  'utm_medium',
  'utm_campaign',
  'utm_content',
  'utm_term',
  'gclid',
  'fbclid',
  'ctwa_clid',
];

/** What is known of it. The desk may leave unknown fields out. */
export function touchFields(touch: Partial<Touch>): { field: TouchField; value: string }[] {
  return TOUCH_FIELDS.flatMap((field) => {
    const value = touch[field] ?? '';
    return value === '' ? [] : [{ field, value }];
  });
}

/** The few words that name it: campaign and ad or form; else what else is known in words. Click ids say nothing to a reader. */
export function touchSummary(touch: Partial<Touch>): string[] {
  const known = new Map(touchFields(touch).map(({ field, value }) => [field, value]));
  const pick = (...fields: TouchField[]): string[] =>
    fields.flatMap((field) => {
      const value = known.get(field);
      return value === undefined ? [] : [value];
    });
  const main = pick('campaign', 'ad', 'form', 'referred_by');
  const words = main.length > 0 ? main : pick('utm_campaign', 'utm_source', 'utm_medium');
  return [...new Set(words)].slice(0, 2);
}

export function sameTouch(a: Partial<Touch>, b: Partial<Touch>): boolean {
  return TOUCH_FIELDS.every((field) => (a[field] ?? '') === (b[field] ?? ''));
}

import { describe, expect, it } from 'vitest';

import { sameTouch, touchFields, touchSummary } from './touch';

describe('touches', () => {
  it('treat a field that was left out, null or empty alike', () => {
    expect(touchFields({ campaign: 'Spring', ad: null, form: '' })).toEqual([{ field: 'campaign', value: 'Spring' }]);
    expect(sameTouch({ campaign: 'Spring' }, { campaign: 'Spring', ad: null })).toBe(true);
    expect(sameTouch({ campaign: 'Spring' }, {})).toBe(false);
  });
  it('are summed up by words, never by click ids', () => {
    expect(touchSummary({ campaign: 'Spring', form: 'Family', gclid: 'x' })).toEqual(['Spring', 'Family']);
    expect(touchSummary({ utm_source: 'google', gclid: 'x' })).toEqual(['google']);
    expect(touchSummary({ gclid: 'x' })).toEqual([]);
    expect(touchSummary({ campaign: 'Spring', form: 'Spring' })).toEqual(['Spring']);
  });
});

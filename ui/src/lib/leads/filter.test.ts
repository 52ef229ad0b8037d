import { describe, expect, it } from 'vitest';

import { EVERY_LEAD } from '../backend/every-lead';
import { DEFAULT_QUERY, isEmpty, isSet, sameOwner, sameQuery, sortedBy, toggled, without } from './filter';

describe('filter', () => {
  it('is empty by default', () => {
    expect(isEmpty(EVERY_LEAD)).toBe(true);
  });

  it('knows each part that is set, and takes away only that', () => {
    const filter = { ...EVERY_LEAD, tags: ['VIP'], created_before: 5, owners: ['unassigned' as const] };
    expect(isSet(filter, 'created')).toBe(true);
    expect(isSet(filter, 'active')).toBe(false);
    expect(without(filter, 'tag')).toEqual({ ...filter, tags: [] });
    expect(isEmpty(without(without(without(filter, 'tag'), 'created'), 'owner'))).toBe(true);
  });

  it('toggles owners by who they are, not by object', () => {
    const owners = toggled([{ member: 'a' }], { member: 'a' }, sameOwner);
    expect(owners).toEqual([]);
    expect(toggled(['unassigned' as const], { member: 'a' }, sameOwner)).toEqual(['unassigned', { member: 'a' }]);
  });

  it('compares queries regardless of the order in their lists', () => {
    const query = { ...DEFAULT_QUERY, filter: { ...EVERY_LEAD, stages: ['a', 'b'] } };
    const other = { ...DEFAULT_QUERY, filter: { ...EVERY_LEAD, stages: ['b', 'a'] } };
    expect(sameQuery(query, other)).toBe(true);
    expect(sameQuery(query, DEFAULT_QUERY)).toBe(false);
    expect(sameQuery(query, { ...query, sort: { column: 'name', descending: false } })).toBe(false);
  });

  it('sorts words from A and numbers and dates from the most, then turns round', () => {
    const byName = sortedBy(DEFAULT_QUERY.sort, 'name');
    expect(byName).toEqual({ column: 'name', descending: false });
    expect(sortedBy(byName, 'name').descending).toBe(true);
    expect(sortedBy(byName, 'value').descending).toBe(true);
  });
});

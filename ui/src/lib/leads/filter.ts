// What a filter of the lead list says, and how it is changed. Pure.

import { EVERY_LEAD } from '../backend/every-lead';
import type { CustomField } from '../bindings/CustomField';
import type { CustomFieldId } from '../bindings/CustomFieldId';
import type { LeadFilter } from '../bindings/LeadFilter';
import type { LeadQuery } from '../bindings/LeadQuery';
import type { LeadColumn } from '../bindings/LeadColumn';
import type { LeadSort } from '../bindings/LeadSort';
import type { OwnerFilter } from '../bindings/OwnerFilter';
import { canonicalTests, testOf, withTest } from './custom-filter';
import type { DateRange } from './date-range';

/** What every lead can be filtered by. */
export type FixedFilter = 'stage' | 'owner' | 'source' | 'tag' | 'created' | 'active' | 'state';
/** One thing that can be filtered by, as it stands on its chip: the studio's own fields, too. */
export type FilterName = FixedFilter | `custom.${CustomFieldId}`;

export const FILTER_NAMES: readonly FixedFilter[] = ['state', 'stage', 'owner', 'source', 'tag', 'created', 'active'];

export const DEFAULT_QUERY: LeadQuery = {
  filter: EVERY_LEAD,
  sort: { column: 'last_activity_at', descending: true },
};

export type OwnFilter = Exclude<FilterName, FixedFilter>;

export function isOwn(name: FilterName): name is OwnFilter {
  return name.startsWith('custom.');
}

/** Of the studio's own field that is filtered by. */
export function ownId(name: OwnFilter): CustomFieldId {
  return name.slice('custom.'.length);
}

/**
 * All there are: of the studio's own fields those in use, and whatever the filter has besides, be it of one that was put
 * away since it was saved.
 */
export function filterNames(filter: LeadFilter, inUse: readonly CustomField[]): FilterName[] {
  const ids = new Set([...inUse.map(({ id }) => id), ...filter.custom.map(({ field_id }) => field_id)]);
  return [...FILTER_NAMES, ...[...ids].map((id): FilterName => `custom.${id}`)];
}

export function isSet(filter: LeadFilter, name: FilterName): boolean {
  if (isOwn(name)) return testOf(filter, ownId(name)) !== null;
  switch (name) {
    case 'stage':
      return filter.stages.length > 0;
    case 'owner':
      return filter.owners.length > 0;
    case 'source':
      return filter.sources.length > 0;
    case 'tag':
      return filter.tags.length > 0;
    case 'created':
      return filter.created_from !== null || filter.created_before !== null;
    case 'active':
      return filter.active_from !== null || filter.active_before !== null;
    case 'state':
      return filter.state !== 'active';
  }
}

export function isEmpty(filter: LeadFilter): boolean {
  return filter.custom.length === 0 && !FILTER_NAMES.some((name) => isSet(filter, name));
}

export function without(filter: LeadFilter, name: FilterName): LeadFilter {
  if (isOwn(name)) return withTest(filter, ownId(name), null);
  switch (name) {
    case 'stage':
      return { ...filter, stages: [] };
    case 'owner':
      return { ...filter, owners: [] };
    case 'source':
      return { ...filter, sources: [] };
    case 'tag':
      return { ...filter, tags: [] };
    case 'created':
      return { ...filter, created_from: null, created_before: null };
    case 'active':
      return { ...filter, active_from: null, active_before: null };
    case 'state':
      return { ...filter, state: 'active' };
  }
}

/** With `value` added, or taken away if it was there. */
export function toggled<T>(values: readonly T[], value: T, same: (a: T, b: T) => boolean = Object.is): T[] {
  return values.some((one) => same(one, value)) ? values.filter((one) => !same(one, value)) : [...values, value];
}

export function sameOwner(a: OwnerFilter, b: OwnerFilter): boolean {
  if (a === 'unassigned' || b === 'unassigned') return a === b;
  return a.member === b.member;
}

export function rangeOf(filter: LeadFilter, name: 'created' | 'active'): DateRange {
  return name === 'created'
    ? { from: filter.created_from, before: filter.created_before }
    : { from: filter.active_from, before: filter.active_before };
}

export function withRange(filter: LeadFilter, name: 'created' | 'active', range: DateRange): LeadFilter {
  return name === 'created'
    ? { ...filter, created_from: range.from, created_before: range.before }
    : { ...filter, active_from: range.from, active_before: range.before };
}

/** Columns that are read from the most or the newest first. */
const DESCENDS_FIRST: ReadonlySet<LeadColumn> = new Set(['value', 'created_at', 'last_activity_at']);

/** The order after a click on a column's header. */
export function sortedBy(sort: LeadSort, column: LeadColumn): LeadSort {
  if (sort.column === column) return { column, descending: !sort.descending };
  return { column, descending: DESCENDS_FIRST.has(column) };
}

/** Whether both ask for the same rows in the same order, whatever the order of their lists. */
export function sameQuery(a: LeadQuery, b: LeadQuery): boolean {
  return canonical(a) === canonical(b);
}

function canonical({ filter, sort }: LeadQuery): string {
  const owners = filter.owners.map((owner) => (owner === 'unassigned' ? '' : owner.member));
  return JSON.stringify([
    filter.state,
    filter.stages.toSorted(),
    owners.toSorted(),
    filter.sources.toSorted(),
    filter.tags.toSorted(),
    filter.created_from,
    filter.created_before,
    filter.active_from,
    filter.active_before,
    canonicalTests(filter),
    sort.column,
    sort.descending,
  ]);
}

// What a filter's chip says: `Stage: New +2`, `Created: Last 7 days`.

import type { LeadFilter } from '../bindings/LeadFilter';
import { shortDate } from '../format/time';
import { SOURCE_NAMES, STATE_LISTS, strings } from '../strings/leads';
import { presetOf, type DateRange } from './date-range';
import { testOf, testWords } from './custom-filter';
import { isOwn, ownId, rangeOf, type FilterName } from './filter';
import { fieldName, ownerName, stageName } from '../session/names';
import { session } from '../session/session.svelte';

/** What is filtered by. */
export function filterLabel(name: FilterName): string {
  return isOwn(name) ? fieldName({ custom: ownId(name) }) : strings.filterNames[name];
}

/** `''` while nothing is chosen. */
export function filterValues(filter: LeadFilter, name: FilterName, now: number, timeZone: string): string {
  if (isOwn(name)) {
    const test = testOf(filter, ownId(name));
    return test === null ? '' : short(testWords(test, session.findField(ownId(name))));
  }
  switch (name) {
    case 'stage':
      return short(filter.stages.map(stageName));
    case 'owner':
      return short(filter.owners.map((owner) => ownerName(owner === 'unassigned' ? null : owner.member)));
    case 'source':
      return short(filter.sources.map((source) => SOURCE_NAMES[source]));
    case 'tag':
      return short(filter.tags);
    case 'state':
      return filter.state === 'active' ? '' : STATE_LISTS[filter.state];
    case 'created':
    case 'active':
      return rangeWords(rangeOf(filter, name), now, timeZone);
  }
}

function short(values: readonly string[]): string {
  const [first] = values;
  if (first === undefined) return '';
  return values.length === 1 ? first : strings.filterMany(first, values.length - 1);
}

function rangeWords(range: DateRange, now: number, timeZone: string): string {
  if (range.from === null && range.before === null) return '';
  const preset = presetOf(range, now, timeZone);
  if (preset !== null) return strings.dates[preset];
  const from = range.from === null ? null : shortDate(range.from, now, timeZone);
  const to = range.before === null ? null : shortDate(range.before - 1, now, timeZone);
  if (from === null) return strings.dates.until(to ?? '');
  if (to === null) return strings.dates.since(from);
  return from === to ? from : strings.dates.range(from, to);
}

// Filters by the studio's own fields: at most one test of a field, and what its chip says. Pure.

import type { CustomField } from '../bindings/CustomField';
import type { CustomFieldId } from '../bindings/CustomFieldId';
import type { CustomTest } from '../bindings/CustomTest';
import type { LeadFilter } from '../bindings/LeadFilter';
import { customWords } from '../fields/custom-value';
import { strings } from '../strings/fields';

export function testOf(filter: LeadFilter, id: CustomFieldId): CustomTest | null {
  return filter.custom.find(({ field_id }) => field_id === id)?.test ?? null;
}

/** With another test of the field; null is none. */
export function withTest(filter: LeadFilter, id: CustomFieldId, test: CustomTest | null): LeadFilter {
  const others = filter.custom.filter(({ field_id }) => field_id !== id);
  return { ...filter, custom: test === null ? others : [...others, { field_id: id, test }] };
}

/** A range of a number or a day; null where both ends are open, which tests nothing. */
export function rangeTest<K extends 'number' | 'date', T>(
  kind: K,
  from: T | null,
  to: T | null,
): { [key in K]: { from: T | null; to: T | null } } | null {
  if (from === null && to === null) return null;
  return { [kind]: { from, to } } as { [key in K]: { from: T | null; to: T | null } };
}

/** What a chip says after the field's name; one word for each of several options. */
export function testWords(test: CustomTest, field: CustomField | undefined): string[] {
  const { filter } = strings;
  if (test === 'filled') return [filter.filled];
  if (test === 'empty') return [filter.empty];
  if ('starts_with' in test) return [filter.begins(test.starts_with)];
  if ('number' in test) {
    const words = (number: number | null): string | null => (number === null ? null : customWords({ number }, field));
    return [between(words(test.number.from), words(test.number.to))];
  }
  if ('date' in test) {
    const words = (date: string | null): string | null => (date === null ? null : customWords({ date }, field));
    return [between(words(test.date.from), words(test.date.to))];
  }
  if ('yes_no' in test) return [customWords(test, field)];
  return test.choice.map((choice) => customWords({ choice }, field));
}

function between(from: string | null, to: string | null): string {
  const { filter } = strings;
  if (from === null) return filter.until(to ?? '');
  if (to === null) return filter.since(from);
  return from === to ? from : filter.range(from, to);
}

/** The same text for the same tests, whatever the order of them and of their options. */
export function canonicalTests(filter: LeadFilter): string[] {
  return filter.custom
    .map(({ field_id, test }) =>
      JSON.stringify([
        field_id,
        typeof test === 'object' && 'choice' in test ? { choice: test.choice.toSorted() } : test,
      ]),
    )
    .toSorted();
}

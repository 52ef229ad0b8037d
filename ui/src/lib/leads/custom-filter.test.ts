import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { useBackend } from '../backend';
import { EVERY_LEAD } from '../backend/every-lead';
import { createFake } from '../backend/fake';
import type { CustomTest } from '../bindings/CustomTest';
import { session } from '../session/session.svelte';
import { strings } from '../strings/fields';
import { rangeTest, testOf, testWords, withTest } from './custom-filter';
import { DEFAULT_QUERY, filterNames, isEmpty, isSet, sameQuery, without } from './filter';
import { filterLabel, filterValues } from './filter-words';

const desk = createFake({ leads: 400 });
let stop: () => void;

beforeEach(async () => {
  await useBackend(desk);
  stop = await session.begin();
});
afterEach(() => {
  stop();
});

describe('a filter by one of the studio’s own fields', () => {
  it('is one test of a field, and is taken away alone', () => {
    const filter = withTest(withTest(EVERY_LEAD, 'field-day', 'filled'), 'field-hours', 'empty');
    expect(testOf(withTest(filter, 'field-day', 'empty'), 'field-day')).toBe('empty');
    expect(isSet(filter, 'custom.field-day')).toBe(true);
    expect(isSet(filter, 'custom.field-partner')).toBe(false);
    const rest = without(filter, 'custom.field-day');
    expect(rest.custom).toEqual([{ field_id: 'field-hours', test: 'empty' }]);
    expect(isEmpty(rest)).toBe(false);
    expect(isEmpty(withTest(rest, 'field-hours', null))).toBe(true);
  });

  it('is offered of each field in use, and stays where its field was put away', () => {
    const filter = withTest(EVERY_LEAD, 'field-old', 'filled');
    const own = filterNames(filter, session.fieldsInUse).filter((name) => name.startsWith('custom.'));
    expect(own).toHaveLength(6);
    expect(own.at(-1)).toBe('custom.field-old');
    expect(filterNames(EVERY_LEAD, session.fieldsInUse)).not.toContain('custom.field-old');
    expect(filterLabel('custom.field-old')).toBe('Old client number');
    expect(filterLabel('custom.unheard of')).toBe(strings.unknownField);
  });

  it('is the same whatever the order of tests and options', () => {
    const a: CustomTest = { choice: ['option-gold', 'option-silver'] };
    const b: CustomTest = { choice: ['option-silver', 'option-gold'] };
    const query = (...tests: [string, CustomTest][]) => ({
      ...DEFAULT_QUERY,
      filter: { ...EVERY_LEAD, custom: tests.map(([field_id, test]) => ({ field_id, test })) },
    });
    expect(sameQuery(query(['p', a], ['d', 'filled']), query(['d', 'filled'], ['p', b]))).toBe(true);
    expect(sameQuery(query(['p', a]), query(['p', 'filled']))).toBe(false);
    expect(sameQuery(query(['p', a]), DEFAULT_QUERY)).toBe(false);
  });

  it('says on its chip what it lets through', () => {
    const words = (test: CustomTest): string => testWords(test, session.findField('field-package')).join(', ');
    expect(words('filled')).toBe(strings.filter.filled);
    expect(words('empty')).toBe(strings.filter.empty);
    expect(words({ starts_with: 'Ka' })).toBe('begins with Ka');
    expect(words({ number: { from: 1_500, to: null } })).toBe('from 1.5');
    expect(words({ number: { from: null, to: 2_000 } })).toBe('up to 2');
    expect(words({ number: { from: 2_000, to: 2_000 } })).toBe('2');
    expect(words({ date: { from: '2027-01-01', to: '2027-01-31' } })).toBe('1 Jan 2027 – 31 Jan 2027');
    expect(words({ yes_no: false })).toBe(strings.no);
    const filter = withTest(EVERY_LEAD, 'field-package', { choice: ['option-gold', 'option-bronze'] });
    expect(filterValues(filter, 'custom.field-package', 0, 'UTC')).toBe('Gold +1');
    expect(filterValues(EVERY_LEAD, 'custom.field-package', 0, 'UTC')).toBe('');
  });

  it('has no test where both ends are open', () => {
    expect(rangeTest('number', null, null)).toBeNull();
    expect(rangeTest('date', '2027-01-01', null)).toEqual({ date: { from: '2027-01-01', to: null } });
  });

  it('lets through what it says', async () => {
    const rows = async (test: CustomTest, id = 'field-package') =>
      (await desk.leadPage({ ...DEFAULT_QUERY, filter: withTest(EVERY_LEAD, id, test) }, 0, 400)).rows;
    const [filled, empty] = [await rows('filled'), await rows('empty')];
    expect(filled.length).toBeGreaterThan(0);
    expect(filled.length + empty.length).toBe(400);
    const gold = await rows({ choice: ['option-gold'] });
    expect(gold.length).toBeGreaterThan(0);
    for (const row of gold) expect(row.custom['field-package']).toEqual({ choice: 'option-gold' });
    const long = await rows({ number: { from: 3_000, to: null } }, 'field-hours');
    expect(long.length).toBeGreaterThan(0);
    for (const { custom } of long) expect((custom['field-hours'] as { number: number }).number).toBeGreaterThan(2_999);
  });
});

import { describe, expect, it } from 'vitest';

import type { CustomField } from '../bindings/CustomField';
import type { CustomKind } from '../bindings/CustomKind';
import type { CustomValue } from '../bindings/CustomValue';
import { strings } from '../strings/fields';
import { customChoices, customTyped, customWords, NOTHING, numberRead, numberTyped, readCustom } from './custom-value';

const PACKAGE: CustomField = {
  id: 'package',
  name: 'Package',
  kind: 'choice',
  options: [
    { id: 'gold', name: 'Gold', is_retired: false },
    { id: 'bronze', name: 'Bronze', is_retired: true },
  ],
  position: 0,
  is_in_list: false,
  is_archived: false,
};

describe('a number', () => {
  it.each<[string, number | null]>([
    ['12', 12_000],
    ['1.5', 1_500],
    ['1.250', 1_250],
    ['1,250', 1_250_000],
    ['1,250.125', 1_250_125],
    ['1.250,5', 1_250_500],
    ['2,5', 2_500],
    ['.125', 125],
    ['-3', -3_000],
    ['\u22120.5', -500],
    ['-0', 0],
    [' 1 250 ', 1_250_000],
    ['9007199254740.991', Number.MAX_SAFE_INTEGER],
    ['9007199254740.992', null],
    ['1.2345', null],
    ['1,2,3', null],
    ['12,34,567', null],
    ['many', null],
    ['-', null],
    ['.', null],
    ['1.', null],
  ])('typed as %o is %o thousandths', (text, number) => {
    expect(numberRead(text)).toBe(number);
  });

  it('comes back as it was, and is read with groups', () => {
    for (const number of [0, 5, -5, 500, 12_000, -1_250_125, Number.MAX_SAFE_INTEGER, -Number.MAX_SAFE_INTEGER])
      expect(numberRead(numberTyped(number))).toBe(number);
    expect(customWords({ number: 1_250_500 }, undefined)).toBe('1,250.5');
    expect(customWords({ number: -Number.MAX_SAFE_INTEGER }, undefined)).toBe('-9,007,199,254,740.991');
  });
});

describe('a value', () => {
  it.each<[CustomKind, CustomValue]>([
    ['text', { text: 'Kai' }],
    ['number', { number: -1_500 }],
    ['date', { date: '2027-01-31' }],
    ['yes_no', { yes_no: false }],
    ['choice', { choice: 'gold' }],
  ])('of the kind %s comes back as it was typed or chosen', (kind, value) => {
    expect(readCustom(kind, customTyped(value))).toEqual(value);
    expect(readCustom(kind, ' ')).toBeNull();
  });

  it('is none of its kind', () => {
    expect(readCustom('number', 'many')).toBeUndefined();
    for (const bad of ['31.1.2027', '2027-02-30', '2027-13-01', '0000-01-01', '2027-1-1'])
      expect(readCustom('date', bad)).toBeUndefined();
    expect(readCustom('date', '0001-01-01')).toEqual({ date: '0001-01-01' });
    expect(readCustom('yes_no', 'perhaps')).toBeUndefined();
  });

  it('is told in words', () => {
    const words = (value: CustomValue): string => customWords(value, PACKAGE);
    expect(words({ text: 'Kai' })).toBe('Kai');
    expect(words({ date: '2027-01-31' })).toBe('31 Jan 2027');
    expect(words({ yes_no: true })).toBe(strings.yes);
    expect(words({ choice: 'bronze' })).toBe('Bronze');
    expect(words({ choice: 'unheard of' })).toBe(strings.unknownOption);
    expect(customWords({ choice: 'gold' }, undefined)).toBe(strings.unknownOption);
  });

  it('is chosen among what is offered, and what the lead has', () => {
    const ids = (chosen: CustomValue | null): string[] => customChoices(PACKAGE, chosen).map(({ id }) => id);
    expect(ids(null)).toEqual([NOTHING, 'gold']);
    expect(ids({ choice: 'bronze' })).toEqual([NOTHING, 'gold', 'bronze']);
    const yesNo = customChoices({ ...PACKAGE, kind: 'yes_no', options: [] }, null);
    expect(yesNo.map(({ label }) => label)).toEqual([strings.none, strings.yes, strings.no]);
  });
});

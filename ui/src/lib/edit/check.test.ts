import { describe, expect, it } from 'vitest';

import type { FieldValue } from '../bindings/FieldValue';
import type { LeadField } from '../bindings/LeadField';
import { isEmail, isPhone, problemOf, type Problem } from './check';
import { moneyRead, moneyTyped, readTyped, typedOf, type TypedField } from './typed';

// The cases of `domain` (edit/check.rs), so that both sides say the same.
describe('what a field may hold', () => {
  const tags = (...all: string[]): FieldValue => ({ tags: all });
  it.each<[LeadField, FieldValue, Problem | null]>([
    ['name', { text: '  ' }, 'name_empty'],
    ['name', { text: 'x'.repeat(201) }, 'name_long'],
    ['name', { text: '🦆'.repeat(200) }, null],
    ['name', { text: 'a\u0007b' }, 'control'],
    ['email', { text: 'no address' }, 'email'],
    ['email', { text: null }, null],
    ['phone', { text: '07700900118' }, 'phone'],
    ['tags', tags(...Array.from({ length: 51 }, (_, n) => String(n))), 'tags_many'],
    ['tags', tags('a', 'a'), 'tag_twice'],
    ['tags', tags('a\0b'), 'control'],
    ['tags', tags(' '), 'tag_empty'],
    ['tags', tags('x'.repeat(61)), 'tag_long'],
    ['tags', tags('x'.repeat(60), 'y'), null],
    ['notes', { text: 'x'.repeat(65_537) }, 'notes_long'],
    ['notes', { text: 'é'.repeat(32_769) }, 'notes_long'],
    ['notes', { text: 'é'.repeat(32_768) }, null],
    ['notes', { text: 'a\0b' }, 'notes_zero'],
    ['value_minor', { money: -1 }, 'value'],
    ['value_minor', { money: Number.MAX_SAFE_INTEGER }, null],
    ['value_minor', { money: Number.MAX_SAFE_INTEGER + 1 }, 'value'],
    ['value_minor', { money: null }, null],
    ['stage_id', { stage: 'any' }, null],
  ])('%s %#: %o is %s', (field, value, problem) => {
    expect(problemOf(field, value)).toBe(problem);
  });

  it('knows the form of an address', () => {
    for (const good of ['nora@example.org', 'nora+tag@mail.example.org', 'ñora@bücher.example'])
      expect(isEmail(good)).toBe(true);
    for (const bad of ['', '@', 'nora', 'nora@', '@example.org', 'a@b@c', 'a b@c', 'a@.org', 'a@org.', 'a@b\0c'])
      expect(isEmail(bad)).toBe(false);
    expect(isEmail(`${'n'.repeat(250)}@e.org`)).toBe(false);
  });

  it('knows the form of a number', () => {
    for (const good of ['+447700900118', '+12025550123', '+33142764978']) expect(isPhone(good)).toBe(true);
    for (const bad of ['447700900118', '+0447700900', '+123456', '+1234567890123456', '+44 7700 900118'])
      expect(isPhone(bad)).toBe(false);
  });
});

describe('what is typed', () => {
  const read = (field: TypedField, text: string) => readTyped(field, { text, tags: [] });

  it('is read as the value it stands for', () => {
    expect(read('phone', ' +44 (7700) 900-118 ')).toEqual({ value: { text: '+447700900118' } });
    expect(read('phone', '\u202a+44\u00a07700\u2011900118\u202c')).toEqual({ value: { text: '+447700900118' } });
    expect(read('phone', '')).toEqual({ value: { text: null } });
    expect(read('phone', '07700 900118')).toEqual({ problem: 'phone' });
    expect(read('email', ' nora@example.org ')).toEqual({ value: { text: 'nora@example.org' } });
    expect(read('email', ' ')).toEqual({ value: { text: null } });
    expect(read('name', ' ')).toEqual({ problem: 'name_empty' });
    expect(read('notes', '  two\n  lines ')).toEqual({ value: { text: '  two\n  lines ' } });
    expect(read('value_minor', '')).toEqual({ value: { money: null } });
  });

  it('has the tag that was not taken yet', () => {
    expect(readTyped('tags', { text: ' VIP ', tags: ['Wedding'] })).toEqual({ value: { tags: ['Wedding', 'VIP'] } });
    expect(readTyped('tags', { text: 'Wedding', tags: ['Wedding'] })).toEqual({ value: { tags: ['Wedding'] } });
  });

  it.each<[string, number | null]>([
    ['420', 42_000],
    ['€420', 42_000],
    ['420.5', 42_050],
    ['420,50 EUR', 42_050],
    ['1,250', 125_000],
    ['1.250,50', 125_050],
    ['1,250,000.99', 125_000_099],
    ['1 250', 125_000],
    ['.5', 50],
    ['0', 0],
    ['-3', null],
    ['12,34,567', null],
    ['420.505.1', null],
    ['many', null],
    ['.', null],
    ['90071992547409.92', null],
  ])('an amount: %s', (text, minor) => {
    expect(moneyRead(text)).toBe(minor);
  });

  it('comes back as it was', () => {
    for (const minor of [0, 5, 50, 42_000, 42_050, 125_000_099]) expect(moneyRead(moneyTyped(minor))).toBe(minor);
    const phone: FieldValue = { text: '+447700900118' };
    expect(readTyped('phone', typedOf('phone', phone))).toEqual({ value: phone });
  });
});

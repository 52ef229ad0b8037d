import { describe, expect, it } from 'vitest';

import type { ChoiceOption } from '../bindings/ChoiceOption';
import type { CustomField } from '../bindings/CustomField';
import type { CustomFieldForm } from '../bindings/CustomFieldForm';
import { formOf, hasProblem, lastPosition, moved, problemsOfForm, withSaved } from './field-form';

const option = (id: string, name: string, is_retired = false): ChoiceOption => ({ id, name, is_retired });
const form = (change: Partial<CustomFieldForm> = {}): CustomFieldForm => {
  return { name: 'Plan', kind: 'text', options: [], position: 0, is_in_list: true, is_archived: false, ...change };
};
const field = (id: string, change: Partial<CustomFieldForm> = {}): CustomField => ({ id, ...form(change) });
const choice = (...options: ChoiceOption[]): CustomFieldForm => form({ kind: 'choice', options });

// The cases of `domain` (custom.rs), so that both sides say the same.
describe('the form of a field', () => {
  it('is right', () => {
    const right = [
      form(),
      choice(option('a', 'Gold'), option('b', 'Silver')),
      choice(option('a', 'Gold'), option('b', 'gold', true)),
      choice(...Array.from({ length: 100 }, (_, n) => option(String(n), String(n)))),
    ];
    for (const one of right) expect(hasProblem(problemsOfForm(one, [])), JSON.stringify(one)).toBe(false);
  });

  it('has a name of its own', () => {
    const problem = (name: string, others: CustomField[] = []) => problemsOfForm(form({ name }), others).name;
    expect(problem(' ')).toBe('name_empty');
    expect(problem('x'.repeat(61))).toBe('long');
    expect(problem('🦆'.repeat(60))).toBeNull();
    expect(problem('a\u0007b')).toBe('control');
    expect(problem('Plan', [field('b', { name: ' PLÁN' })])).toBe('name_taken');
    expect(problem('Plan', [field('b', { is_archived: true })])).toBeNull();
    expect(problemsOfForm(form({ is_archived: true }), [field('b')]).name).toBeNull();
  });

  it('has options of a choice, each once', () => {
    expect(problemsOfForm(choice(), []).choice).toBe('no_options');
    const many = Array.from({ length: 101 }, (_, n) => option(String(n), String(n)));
    expect(problemsOfForm(choice(...many), []).choice).toBe('many_options');
    const twice = problemsOfForm(choice(option('a', 'Gold'), option('b', ' GOLD '), option('c', '')), []);
    expect(twice.options).toEqual([null, 'option_twice', 'option_empty']);
    expect(hasProblem(twice)).toBe(true);
  });
});

describe('the order of fields', () => {
  const fields = [
    field('a', { position: 0 }),
    field('away', { position: 1, is_archived: true }),
    field('b', { position: 4 }),
    field('c', { position: 4 }),
  ];

  it('changes by one place, past what is put away, and makes gaps and equals good', () => {
    const saved = moved(fields, 'c', -1).map(({ id, position }) => [id, position]);
    expect(saved).toEqual([
      ['c', 1],
      ['b', 2],
    ]);
  });

  it('ends at both ends', () => {
    const order = [field('a', { position: 0 }), field('b', { position: 1 })];
    expect(moved(order, 'a', -1)).toEqual([]);
    expect(moved(order, 'b', 1)).toEqual([]);
    expect(lastPosition(fields)).toBe(5);
    expect(lastPosition([])).toBe(0);
  });

  it('is as it was saved until the session tells something else', () => {
    const saved = { ...field('c', { position: 0 }) };
    const mine = new Map([['c', { seen: fields[3], field: saved }]]);
    expect(withSaved(fields, mine).map(({ id }) => id)).toEqual(['a', 'c', 'away', 'b']);
    const theirs = fields.map((one) => (one.id === 'c' ? { ...one, position: 9 } : one));
    expect(withSaved(theirs, mine).at(-1)).toEqual(theirs[3]);
    const added = field('d', { position: 5 });
    expect(withSaved(fields, new Map([['d', { seen: undefined, field: added }]])).at(-1)).toEqual(added);
  });

  it('says of a field all but which it is', () => {
    expect(formOf(field('a'))).toEqual(form());
  });
});

// The studio's own fields of the desk in memory, and what leads have of them: the rules of the real one, as far as a screen
// can see them.

import type { CustomField } from '../bindings/CustomField';
import type { CustomFieldForm } from '../bindings/CustomFieldForm';
import type { CustomFieldId } from '../bindings/CustomFieldId';
import type { CustomValue } from '../bindings/CustomValue';
import type { Lead } from '../bindings/Lead';
import { formOf, hasProblem, MOST_FIELDS, problemsOfForm } from '../fields/field-form';
import { errorView } from './error-view';
import type { FakeOptions } from './fake-options';

const DAY_MS = 86_400_000;

/** One of each kind, and one that is not in use any more. */
const FIELDS: readonly CustomField[] = [
  {
    id: 'field-package',
    name: 'Package',
    kind: 'choice',
    options: [
      { id: 'option-gold', name: 'Gold', is_retired: false },
      { id: 'option-silver', name: 'Silver', is_retired: false },
      { id: 'option-bronze', name: 'Bronze', is_retired: true },
    ],
    position: 0,
    is_in_list: true,
    is_archived: false,
  },
  { id: 'field-day', name: 'Day of the shoot', kind: 'date', ...plain(1, true) },
  { id: 'field-hours', name: 'Hours booked', kind: 'number', ...plain(2) },
  { id: 'field-partner', name: 'Partner', kind: 'text', ...plain(3) },
  { id: 'field-parking', name: 'Needs parking', kind: 'yes_no', ...plain(4) },
  { id: 'field-old', name: 'Old client number', kind: 'text', ...plain(5), is_archived: true },
];

function plain(position: number, isInList = false): Omit<CustomField, 'id' | 'name' | 'kind'> {
  return { options: [], position, is_in_list: isInList, is_archived: false };
}

/** What the n-th lead has in them. `chance` is a number in 0..1 that depends on its argument alone. */
export function customOf(n: number, createdAt: number, chance: (salt: number) => number): Lead['custom'] {
  const values: [CustomFieldId, CustomValue, number][] = [
    ['field-package', { choice: `option-${['gold', 'silver', 'bronze'][Math.floor(chance(41) * 3)] ?? 'gold'}` }, 0.6],
    ['field-day', { date: day(createdAt + Math.floor(20 + chance(42) * 200) * DAY_MS) }, 0.5],
    ['field-hours', { number: 500 * Math.floor(1 + chance(43) * 12) }, 0.4],
    ['field-partner', { text: ['Kai', 'Mira Castellanos', 'Jonas'][Math.floor(chance(44) * 3)] ?? 'Kai' }, 0.3],
    ['field-parking', { yes_no: chance(45) < 0.4 }, 0.4],
    ['field-old', { text: `L-${String(4000 + n)}` }, 0.2],
  ];
  // The first has all of them.
  const held = values.filter(([, , share], at) => n === 0 || chance(50 + at) < share);
  return Object.fromEntries(held.map(([id, value]) => [id, value]));
}

function day(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}

export class FakeFields {
  #fields: readonly CustomField[];
  readonly #options: FakeOptions;

  constructor(options: FakeOptions) {
    this.#options = options;
    this.#fields = options.leads === 0 ? [] : FIELDS;
  }

  list(): CustomField[] {
    return [...this.#fields];
  }

  save(id: CustomFieldId, form: CustomFieldForm): void {
    if (this.#options.fieldError !== null) throw errorView(this.#options.fieldError, false, 'req-f1e1d0');
    const before = this.#fields.find((field) => field.id === id);
    const others = this.#fields.filter((field) => field.id !== id);
    const lacks = before !== undefined && !formOf(before).options.every(({ id }) => isAmong(form, id));
    const isWrong = hasProblem(problemsOfForm(form, others)) || lacks || (before ?? form).kind !== form.kind;
    if (isWrong || (before === undefined && others.length >= MOST_FIELDS)) throw errorView('invalid_input');
    this.#fields = [...others, { id, ...form }].toSorted((a, b) => a.position - b.position || (a.id < b.id ? -1 : 1));
  }
}

function isAmong({ options }: CustomFieldForm, id: string): boolean {
  return options.some((option) => option.id === id);
}

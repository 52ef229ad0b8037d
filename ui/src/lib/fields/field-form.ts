// What a studio says of one of its fields: what is wrong with it, and the order of all. Pure. The rules are those of `domain`
// (CustomFieldForm::check_beside), which decides: this only spares one the way there and back.

import type { ChoiceOption } from '../bindings/ChoiceOption';
import type { CustomField } from '../bindings/CustomField';
import type { CustomFieldForm } from '../bindings/CustomFieldForm';
import type { CustomFieldId } from '../bindings/CustomFieldId';
import { CONTROL } from '../edit/check';

export const MOST_FIELDS = 50;
export const MOST_OPTIONS = 100;
export const FIELD_NAME_CHARS = 60;

/** What is wrong with a form; `strings.problems` has the words. */
export type FormProblem =
  'name_empty' | 'long' | 'control' | 'name_taken' | 'option_empty' | 'option_twice' | 'no_options' | 'many_options';

export interface FormProblems {
  name: FormProblem | null;
  /** One for each option. */
  options: (FormProblem | null)[];
  /** Of all of them together. */
  choice: FormProblem | null;
}

/** Near enough to how the server compares names; it decides. */
export function folded(text: string): string {
  return text.trim().normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
}

export function problemsOfForm(form: CustomFieldForm, others: readonly CustomField[]): FormProblems {
  const taken = others.some((other) => !other.is_archived && folded(other.name) === folded(form.name));
  const isChoice = form.kind === 'choice';
  return {
    name: problemOfName(form.name, 'name_empty') ?? (taken && !form.is_archived ? 'name_taken' : null),
    options: isChoice ? form.options.map((option) => problemOfOption(option, form.options)) : [],
    choice: !isChoice
      ? null
      : form.options.length === 0
        ? 'no_options'
        : form.options.length > MOST_OPTIONS
          ? 'many_options'
          : null,
  };
}

export function hasProblem({ name, options, choice }: FormProblems): boolean {
  return name !== null || choice !== null || options.some((one) => one !== null);
}

function problemOfName(name: string, empty: FormProblem): FormProblem | null {
  if (name.trim() === '') return empty;
  if (CONTROL.test(name)) return 'control';
  return Array.from(name).length > FIELD_NAME_CHARS ? 'long' : null;
}

/** Of two of one name the later is to blame. */
function problemOfOption(option: ChoiceOption, all: readonly ChoiceOption[]): FormProblem | null {
  const before = all.slice(0, all.indexOf(option)).filter(({ is_retired }) => !is_retired);
  const isTwice = !option.is_retired && before.some(({ name }) => folded(name) === folded(option.name));
  return problemOfName(option.name, 'option_empty') ?? (isTwice ? 'option_twice' : null);
}

/** What is said of a field, without which it is. */
export function formOf({ id: _, ...form }: CustomField): CustomFieldForm {
  return form;
}

/** With one of them a place further up (-1) or down (1). */
export function shifted<T>(all: readonly T[], at: number, by: -1 | 1): T[] {
  const [here, there] = [all[at], all[at + by]];
  if (here === undefined || there === undefined) return [...all];
  return all.map((one, place) => (place === at ? there : place === at + by ? here : one));
}

/** The fields in use that have to be saved with another position so that one is a place further up or down. */
export function moved(fields: readonly CustomField[], id: CustomFieldId, by: -1 | 1): CustomField[] {
  const inUse = fields.filter((field) => !field.is_archived);
  const order = shifted(
    inUse,
    inUse.findIndex((field) => field.id === id),
    by,
  );
  // Whatever gaps and equals there were: so one move makes a move.
  return order.flatMap((field, position) => (field.position === position ? [] : { ...field, position }));
}

/** A field as it was saved, and as the session had it then. */
export interface Saved {
  seen: CustomField | undefined;
  field: CustomField;
}

/** The fields with what was saved and has not come back with the sync yet: as soon as the session has another, that holds. */
export function withSaved(fields: readonly CustomField[], saved: ReadonlyMap<CustomFieldId, Saved>): CustomField[] {
  const same = (a: CustomField | undefined, b: CustomField | undefined): boolean =>
    JSON.stringify(a) === JSON.stringify(b);
  const ids = new Set([...fields.map(({ id }) => id), ...saved.keys()]);
  const all = [...ids].flatMap((id) => {
    const now = fields.find((field) => field.id === id);
    const mine = saved.get(id);
    const field = mine !== undefined && same(now, mine.seen) ? mine.field : now;
    return field === undefined ? [] : [field];
  });
  return all.toSorted((a, b) => a.position - b.position);
}

/** Where a new field stands: after all others. */
export function lastPosition(fields: readonly CustomField[]): number {
  return Math.max(-1, ...fields.map(({ position }) => position)) + 1;
}

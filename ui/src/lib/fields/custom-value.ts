// Values of the studio's own fields: in words, as one types or chooses them, and back. Pure. The rules are those of `domain`
// (CustomValue::check), which decides.

import type { CustomField } from '../bindings/CustomField';
import type { CustomKind } from '../bindings/CustomKind';
import type { CustomValue } from '../bindings/CustomValue';
import { thousandths } from '../format/number';
import { calendarDay, isCalendarDay } from '../format/time';
import { strings } from '../strings/fields';

/** What is chosen for no value: no id of an option is empty. */
export const NOTHING = '';
const YES = 'yes';
const NO = 'no';

/** Values of these kinds are typed; those of the others are chosen. */
export function isTypedKind(kind: CustomKind): boolean {
  return kind === 'text' || kind === 'number' || kind === 'date';
}

/** What stands in an empty field, as an example. */
export function hintOf(kind: CustomKind | null): string | undefined {
  return kind === 'number' ? strings.numberHint : kind === 'date' ? strings.dateHint : undefined;
}

/** A value as one reads it. `field` is absent where its studio does not have it yet. A text may be an outsider's. */
export function customWords(value: CustomValue, field: CustomField | undefined): string {
  if ('text' in value) return value.text;
  if ('number' in value) return thousandths(value.number);
  if ('date' in value) return calendarDay(value.date);
  if ('yes_no' in value) return value.yes_no ? strings.yes : strings.no;
  return field?.options.find(({ id }) => id === value.choice)?.name ?? strings.unknownOption;
}

/** What one chooses among for a field, nothing first. What is not offered any more is there only where it is `chosen`. */
export function customChoices(field: CustomField, chosen: CustomValue | null): { id: string; label: string }[] {
  const nothing = { id: NOTHING, label: strings.none };
  if (field.kind === 'yes_no') return [nothing, { id: YES, label: strings.yes }, { id: NO, label: strings.no }];
  const held = chosen === null ? NOTHING : customTyped(chosen);
  const offered = field.options.filter(({ id, is_retired }) => !is_retired || id === held);
  return [nothing, ...offered.map(({ id, name }) => ({ id, label: name }))];
}

/** A value as it stands in a field that is edited; of what is chosen, its id among the choices. */
export function customTyped(value: CustomValue): string {
  if ('text' in value) return value.text;
  if ('number' in value) return numberTyped(value.number);
  if ('date' in value) return value.date;
  if ('yes_no' in value) return value.yes_no ? YES : NO;
  return value.choice;
}

/** What was typed or chosen as a value of the kind, null for none; undefined where it is no such value. */
export function readCustom(kind: CustomKind, text: string): CustomValue | null | undefined {
  const trimmed = text.trim();
  if (trimmed === '') return null;
  switch (kind) {
    case 'text':
      return { text: trimmed };
    case 'number': {
      const number = numberRead(trimmed);
      return number === null ? undefined : { number };
    }
    case 'date':
      return isCalendarDay(trimmed) ? { date: trimmed } : undefined;
    case 'yes_no':
      return trimmed === YES || trimmed === NO ? { yes_no: trimmed === YES } : undefined;
    case 'choice':
      return { choice: trimmed };
  }
}

/** `1250.5` of thousandths: as one types a number. */
export function numberTyped(number: number): string {
  return thousandths(number).replaceAll(',', '');
}

/**
 * Thousandths from `1,250.5`, `-3` or `.125`; also from `1.250,5` and `2,5`, which can mean nothing else. Null for what is no
 * number, has more than three decimals, or is too large to be held exactly.
 */
export function numberRead(text: string): number | null {
  const bare = text.replace(/[\s'’\p{Cf}]/gu, '').replace('\u2212', '-');
  const match =
    /^(?<sign>-?)(?<whole>\d{1,3}(?:,\d{3})+|\d*)(?:\.(?<part>\d{1,3}))?$/.exec(bare) ??
    /^(?<sign>-?)(?<whole>\d{1,3}(?:\.\d{3})+),(?<part>\d{1,3})$/.exec(bare) ??
    /^(?<sign>-?)(?<whole>\d*),(?<part>\d{1,2})$/.exec(bare);
  const { sign = '', whole = '', part = '' } = match?.groups ?? {};
  const digits = `${whole.replace(/[.,]/g, '')}${part.padEnd(3, '0')}`;
  if (match === null || whole + part === '') return null;
  const number = Number(digits);
  if (!Number.isSafeInteger(number)) return null;
  return sign === '-' && number !== 0 ? -number : number;
}

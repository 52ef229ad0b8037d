// What the fields of a lead may hold, told where it is typed. The rules are those of `domain` (LeadPatch::check), which
// decides: this only spares one the way there and back. Pure.

import type { CustomValue } from '../bindings/CustomValue';
import type { FieldValue } from '../bindings/FieldValue';
import type { LeadField } from '../bindings/LeadField';
import { isCalendarDay } from '../format/time';

export const NAME_CHARS = 200;
export const EMAIL_BYTES = 254;
export const MOST_TAGS = 50;
export const TAG_CHARS = 60;
export const NOTES_BYTES = 65_536;
export const CUSTOM_TEXT_CHARS = 200;

/** What is wrong with a value; `strings.problems` has the words. */
export type Problem =
  | 'name_empty'
  | 'name_long'
  | 'control'
  | 'email'
  | 'phone'
  | 'tags_many'
  | 'tag_empty'
  | 'tag_long'
  | 'tag_twice'
  | 'notes_long'
  | 'notes_zero'
  | 'value'
  | 'text_long'
  | 'number'
  | 'date'
  | 'choice';

// eslint-disable-next-line no-control-regex -- Rust's char::is_control: C0, delete and C1.
export const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;

export function bytesOf(text: string): number {
  return new TextEncoder().encode(text).length;
}

/** Null where nothing is wrong. Stages and owners are for the studio to tell. */
export function problemOf(field: LeadField, value: FieldValue): Problem | null {
  if ('tags' in value) return problemOfTags(value.tags);
  if ('money' in value) {
    const isRight = value.money === null || (Number.isSafeInteger(value.money) && value.money >= 0);
    return isRight ? null : 'value';
  }
  if ('custom' in value) return value.custom === null ? null : problemOfCustom(value.custom);
  if (!('text' in value)) return null;
  const text = value.text;
  switch (field) {
    case 'name':
      if (text === null || text.trim() === '') return 'name_empty';
      if (Array.from(text).length > NAME_CHARS) return 'name_long';
      return CONTROL.test(text) ? 'control' : null;
    case 'email':
      return text === null || isEmail(text) ? null : 'email';
    case 'phone':
      return text === null || isPhone(text) ? null : 'phone';
    case 'notes':
      if (bytesOf(text ?? '') > NOTES_BYTES) return 'notes_long';
      return (text ?? '').includes('\0') ? 'notes_zero' : null;
    default:
      return null;
  }
}

/** Whether the field can hold it, kind and options, is for the studio to tell. */
function problemOfCustom(value: CustomValue): Problem | null {
  if ('text' in value) {
    if (Array.from(value.text).length > CUSTOM_TEXT_CHARS) return 'text_long';
    return CONTROL.test(value.text) ? 'control' : null;
  }
  if ('number' in value) return Number.isSafeInteger(value.number) ? null : 'number';
  if ('date' in value) return isCalendarDay(value.date) ? null : 'date';
  return null;
}

function problemOfTags(tags: readonly string[]): Problem | null {
  if (tags.length > MOST_TAGS) return 'tags_many';
  const seen = new Set<string>();
  for (const tag of tags) {
    if (tag.trim() === '') return 'tag_empty';
    if (Array.from(tag).length > TAG_CHARS) return 'tag_long';
    if (CONTROL.test(tag)) return 'control';
    if (seen.has(tag)) return 'tag_twice';
    seen.add(tag);
  }
  return null;
}

/** One `@` with something on both sides, no white space, no control characters. */
export function isEmail(text: string): boolean {
  const [local = '', host = '', ...more] = text.split('@');
  const hasForm = local !== '' && host !== '' && more.length === 0 && !host.startsWith('.') && !host.endsWith('.');
  return hasForm && bytesOf(text) <= EMAIL_BYTES && !/\s/u.test(text) && !CONTROL.test(text);
}

/** A number in E.164 form. */
export function isPhone(text: string): boolean {
  return /^\+[1-9]\d{6,14}$/.test(text);
}

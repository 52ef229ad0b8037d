// Between what a field holds and what one types into it. Pure.

import type { CustomKind } from '../bindings/CustomKind';
import type { FieldValue } from '../bindings/FieldValue';
import type { LeadField } from '../bindings/LeadField';
import { customTyped, isTypedKind, readCustom } from '../fields/custom-value';
import { phoneText } from '../text/phone';
import { problemOf, type Problem } from './check';

/** Fields that are edited by typing; the others are chosen. */
export type TypedField = Exclude<LeadField, 'stage_id' | 'owner_id' | 'state'>;

/** `kind` is that of one of the studio's own fields; null of every other, and where it is not known. */
export function isTyped(field: LeadField, kind: CustomKind | null): field is TypedField {
  if (typeof field !== 'string') return kind !== null && isTypedKind(kind);
  return field !== 'stage_id' && field !== 'owner_id' && field !== 'state';
}

/** What stands in the field while it is edited. Of tags there are those chosen, and the one being typed. */
export interface Typed {
  text: string;
  tags: readonly string[];
}

export function typedOf(field: TypedField, value: FieldValue): Typed {
  if ('tags' in value) return { text: '', tags: value.tags };
  if ('custom' in value) return { text: value.custom === null ? '' : customTyped(value.custom), tags: [] };
  if ('money' in value) return { text: value.money === null ? '' : moneyTyped(value.money), tags: [] };
  const text = 'text' in value ? (value.text ?? '') : '';
  return { text: field === 'phone' ? phoneText(text) : text, tags: [] };
}

/** What was typed as a value, or what is wrong with it. */
export function readTyped(
  field: TypedField,
  typed: Typed,
  kind: CustomKind | null = null,
): { value: FieldValue } | { problem: Problem } {
  const value = typeof field === 'string' ? valueTyped(field, typed) : customOf(kind, typed.text);
  if (value === null) return { problem: kind === 'number' || kind === 'date' || kind === 'choice' ? kind : 'value' };
  const problem = problemOf(field, value);
  return problem === null ? { value } : { problem };
}

function customOf(kind: CustomKind | null, text: string): FieldValue | null {
  const custom = kind === null ? undefined : readCustom(kind, text);
  return custom === undefined ? null : { custom };
}

function valueTyped(field: Extract<TypedField, string>, { text, tags }: Typed): FieldValue | null {
  const trimmed = text.trim();
  switch (field) {
    case 'name':
      return { text: trimmed };
    case 'email':
      return { text: trimmed === '' ? null : trimmed };
    case 'phone':
      return { text: trimmed === '' ? null : phoneTyped(trimmed) };
    case 'notes':
      return { text: text.trim() === '' ? '' : text };
    // A tag that was typed and not yet taken belongs to them.
    case 'tags':
      return { tags: trimmed === '' || tags.includes(trimmed) ? [...tags] : [...tags, trimmed] };
    case 'value_minor': {
      if (trimmed === '') return { money: null };
      const money = moneyRead(trimmed);
      return money === null ? null : { money };
    }
  }
}

/** Without the signs that one writes between digits, and the invisible ones that copying brings along. */
function phoneTyped(text: string): string {
  return text.replace(/[\s()[\]./\-\u2010-\u2015\u2212\p{Cf}]/gu, '');
}

/** `420` or `420.50`: an amount as one types it. */
export function moneyTyped(minor: number): string {
  const cents = minor % 100;
  const whole = String((minor - cents) / 100);
  return cents === 0 ? whole : `${whole}.${String(cents).padStart(2, '0')}`;
}

/**
 * Hundredths from `420`, `€1,250.50` or `1.250,5`: a sign before one or two last digits is the decimal one, before three it
 * groups. Null for what is no amount.
 */
export function moneyRead(text: string): number | null {
  const bare = text.replace(/[\p{Sc}\p{L}\s'’\p{Cf}]/gu, '');
  const match = /^(?<whole>\d[\d.,]*?|\d*)(?:(?<sign>[.,])(?<cents>\d{1,2}))?$/.exec(bare);
  const whole = match?.groups?.['whole'];
  if (whole === undefined || bare === '') return null;
  // Groups are of three, all but the first, and their sign is one and not the decimal one.
  const group = /[.,]/.exec(whole)?.[0];
  if (group !== undefined) {
    const isGrouped = /^\d{1,3}(?:(?:,\d{3})+|(?:\.\d{3})+)$/.test(whole);
    if (!isGrouped || group === match?.groups?.['sign']) return null;
  }
  const digits = whole.replace(/[.,]/g, '');
  const cents = match?.groups?.['cents'];
  if (digits === '' && cents === undefined) return null;
  const minor = Number(`${digits}${(cents ?? '').padEnd(2, '0')}`);
  return Number.isSafeInteger(minor) ? minor : null;
}

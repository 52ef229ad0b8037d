// The fields of a lead that staff edit, by name: what they hold, and an edit of one. Pure.

import type { CustomField } from '../bindings/CustomField';
import type { CustomValue } from '../bindings/CustomValue';
import type { Edited } from '../bindings/Edited';
import type { FieldChange } from '../bindings/FieldChange';
import type { FieldValue } from '../bindings/FieldValue';
import type { Lead } from '../bindings/Lead';
import type { LeadDetail } from '../bindings/LeadDetail';
import type { LeadEdit } from '../bindings/LeadEdit';
import type { LeadField } from '../bindings/LeadField';
import type { LeadState } from '../bindings/LeadState';

/** A field that every studio has. */
export type FixedField = Extract<LeadField, string>;

/** Those that every studio has, in the order in which they stand on the lead's page, where each is edited in its place. */
export const LEAD_FIELDS: readonly FixedField[] = [
  'name',
  'phone',
  'email',
  'owner_id',
  'stage_id',
  'value_minor',
  'tags',
  'notes',
];

/** What a field goes by where a text is needed; the server names it so, too. */
export function fieldKey(field: LeadField): string {
  return typeof field === 'string' ? field : `custom.${field.custom}`;
}

export function sameField(a: LeadField, b: LeadField): boolean {
  return fieldKey(a) === fieldKey(b);
}

/** Every field that can be edited, in the order of the lead's page; those of the studio that are put away at its end. */
export function editable(fields: readonly CustomField[]): LeadField[] {
  const [inUse, away] = [fields.filter((one) => !one.is_archived), fields.filter((one) => one.is_archived)];
  return [...LEAD_FIELDS, ...[...inUse, ...away].map(({ id }) => ({ custom: id }))];
}

/**
 * The studio's own fields that a lead's page shows: those in use, and of those put away the ones that the lead has, or
 * about which there is something to decide.
 */
export function ownFieldsOf({ lead, conflicts }: LeadDetail, fields: readonly CustomField[]): CustomField[] {
  const isThere = ({ id }: CustomField): boolean =>
    lead.custom[id] !== undefined || conflicts.some(({ field }) => sameField(field, { custom: id }));
  return [
    ...fields.filter((field) => !field.is_archived),
    ...fields.filter((field) => field.is_archived && isThere(field)),
  ];
}

/** What the field holds in a lead. */
export function valueOf(lead: Lead, field: LeadField): FieldValue {
  if (typeof field !== 'string') return { custom: lead.custom[field.custom] ?? null };
  switch (field) {
    case 'name':
    case 'email':
    case 'phone':
    case 'notes':
      return { text: lead[field] };
    case 'stage_id':
      return { stage: lead.stage_id };
    case 'owner_id':
      return { owner: lead.owner_id };
    case 'tags':
      return { tags: lead.tags };
    case 'value_minor':
      return { money: lead.value_minor };
    case 'state':
      return { state: lead.state };
  }
}

/** The value without its kind, as a lead holds it. */
function bare(value: FieldValue): string | string[] | number | CustomValue | null {
  if ('custom' in value) return value.custom;
  if ('text' in value) return value.text;
  if ('stage' in value) return value.stage;
  if ('owner' in value) return value.owner;
  if ('tags' in value) return value.tags;
  if ('state' in value) return value.state;
  return value.money;
}

export function sameValue(a: FieldValue, b: FieldValue): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

type CustomEdited = Edited<CustomValue | null>;

/** The edit of one field, from what was seen to what it is to be. */
export function editOf(field: LeadField, from: FieldValue, to: FieldValue): LeadEdit {
  const edited = { from: bare(from), to: bare(to) };
  return typeof field === 'string' ? { [field]: edited } : { custom: { [field.custom]: edited as CustomEdited } };
}

/** The lead with another value in one field. */
export function withValue(lead: Lead, field: LeadField, value: FieldValue): Lead {
  if (typeof field === 'string') return { ...lead, [field]: bare(value) };
  const others = Object.fromEntries(Object.entries(lead.custom).filter(([id]) => id !== field.custom));
  const held = 'custom' in value ? value.custom : null;
  return { ...lead, custom: held === null ? others : { ...others, [field.custom]: held } };
}

/** The edited fields, in the order of the lead’s page. */
export function changesOf(edit: LeadEdit): FieldChange[] {
  const changes: FieldChange[] = [];
  for (const field of [...LEAD_FIELDS, 'state'] as const) {
    const edited = edit[field];
    if (edited === undefined) continue;
    const kind = (value: typeof edited.from): FieldValue => {
      if (Array.isArray(value)) return { tags: value };
      if (field === 'stage_id') return { stage: String(value) };
      if (field === 'owner_id') return { owner: value as string | null };
      if (field === 'value_minor') return { money: value as number | null };
      if (field === 'state') return { state: value as LeadState };
      return { text: value as string | null };
    };
    changes.push({ field, from: kind(edited.from), to: kind(edited.to) });
  }
  for (const [id, edited] of Object.entries(edit.custom ?? {})) {
    if (edited === undefined) continue;
    changes.push({ field: { custom: id }, from: { custom: edited.from }, to: { custom: edited.to } });
  }
  return changes;
}

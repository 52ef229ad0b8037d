// The fields of a lead that staff edit, by name: what they hold, and an edit of one. Pure.

import type { FieldChange } from '../bindings/FieldChange';
import type { FieldValue } from '../bindings/FieldValue';
import type { Lead } from '../bindings/Lead';
import type { LeadEdit } from '../bindings/LeadEdit';
import type { LeadField } from '../bindings/LeadField';
import type { LeadState } from '../bindings/LeadState';

/** In the order in which they stand on the lead's page, where each is edited in its place. */
export const LEAD_FIELDS: readonly LeadField[] = [
  'name',
  'phone',
  'email',
  'owner_id',
  'stage_id',
  'value_minor',
  'tags',
  'notes',
];

/** What the field holds in a lead. */
export function valueOf(lead: Lead, field: LeadField): FieldValue {
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
function bare(value: FieldValue): string | string[] | number | null {
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

/** The edit of one field, from what was seen to what it is to be. */
export function editOf(field: LeadField, from: FieldValue, to: FieldValue): LeadEdit {
  return { [field]: { from: bare(from), to: bare(to) } };
}

/** The lead with another value in one field. */
export function withValue(lead: Lead, field: LeadField, value: FieldValue): Lead {
  return { ...lead, [field]: bare(value) };
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
  return changes;
}

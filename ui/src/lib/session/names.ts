// Names of members, stages, fields and leads as the session knows them.

import type { CustomKind } from '../bindings/CustomKind';
import type { LeadField } from '../bindings/LeadField';
import type { MemberId } from '../bindings/MemberId';
import type { Stage } from '../bindings/Stage';
import type { StageId } from '../bindings/StageId';
import { session } from './session.svelte';
import { FIELD_NAMES } from '../strings/edit';
import { strings as fieldStrings } from '../strings/fields';
import { strings } from '../strings/leads';

export function ownerName(id: MemberId | null): string {
  if (id === null) return strings.unassigned;
  return session.findMember(id)?.name ?? strings.formerMember;
}

export function stageName(id: StageId): string {
  return session.findStage(id)?.name ?? strings.unknownStage;
}

/** A stage that the session does not know yet comes with the next change of the studio. */
export function stageOrUnknown(id: StageId): Pick<Stage, 'name' | 'colour'> {
  return session.findStage(id) ?? { name: strings.unknownStage, colour: '#8b857d' };
}

/** What stands for a lead in a sentence or a title. */
export function leadName(name: string): string {
  return name.trim() === '' ? strings.noName : name;
}

/** As it stands in front of a value. */
export function fieldName(field: LeadField): string {
  if (typeof field === 'string') return FIELD_NAMES[field];
  return session.findField(field.custom)?.name ?? fieldStrings.unknownField;
}

/** Within a sentence. A studio's own name of a field stays as it is written. */
export function fieldWord(field: LeadField): string {
  return typeof field === 'string' ? FIELD_NAMES[field].toLocaleLowerCase('en-GB') : fieldName(field);
}

/** Of one of the studio's own fields; null of every other, and where the session does not know it yet. */
export function kindOf(field: LeadField): CustomKind | null {
  return typeof field === 'string' ? null : (session.findField(field.custom)?.kind ?? null);
}

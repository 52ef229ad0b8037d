// Names of members, stages and leads as the session knows them.

import type { MemberId } from '../bindings/MemberId';
import type { Stage } from '../bindings/Stage';
import type { StageId } from '../bindings/StageId';
import { session } from './session.svelte';
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

// Stages and owners as one chooses among them.

import { session } from '../session/session.svelte';
import { strings } from '../strings/leads';
import type { Choice } from '../ui/choice-list/ChoiceList.svelte';

/** Stands for no owner: no id is empty. */
export const POOL = '';

export function stageChoices(): Choice[] {
  return session.view.stages.map(({ id, name, colour }) => ({ id, label: name, colour }));
}

export function ownerChoices(): Choice[] {
  // Nothing is given to who has left.
  const members = session.view.members.filter((member) => !member.is_former);
  return [{ id: POOL, label: strings.unassigned }, ...members.map(({ id, name }) => ({ id, label: name }))];
}

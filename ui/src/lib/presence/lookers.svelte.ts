// Who else is on a lead's page, for as long as a component shows it: tells the desk that this member is, and asks it who the
// others are. Nothing of it is kept.

import { backend, onDeskEvent } from '../backend';
import type { LeadId } from '../bindings/LeadId';
import type { MemberId } from '../bindings/MemberId';

export interface Lookers {
  readonly ids: readonly MemberId[];
}

/** Call while a component is drawn. `shown` gives the lead that is on the screen, or `null`. */
export function lookersOf(shown: () => LeadId | null): Lookers {
  let ids = $state.raw<readonly MemberId[]>([]);

  $effect(() => {
    const leadId = shown();
    ids = [];
    if (leadId === null) return;
    let isOver = false;
    const ask = async (): Promise<void> => {
      try {
        const found = await backend().presenceColleagues(leadId);
        if (!isOver) ids = found;
      } catch {
        // Locked meanwhile: nobody is known to be anywhere.
        if (!isOver) ids = [];
      }
    };
    const stop = onDeskEvent((event) => {
      if (event === 'presence_changed') void ask();
    });
    look(leadId);
    void ask();
    return () => {
      isOver = true;
      stop();
      look(null);
    };
  });

  return {
    get ids() {
      return ids;
    },
  };
}

/** A desk that is locked tells nobody anyway. */
function look(leadId: LeadId | null): void {
  backend()
    .presenceLook(leadId)
    .catch(() => undefined);
}

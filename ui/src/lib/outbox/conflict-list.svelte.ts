// The fields that somebody else changed too, of all leads.

import { backend } from '../backend';
import type { Changed } from '../bindings/Changed';
import type { ConflictRow } from '../bindings/ConflictRow';
import { fieldKey } from '../edit/lead-fields';
import { FollowedList } from '../virtual/followed-list.svelte';
import type { RowSource } from '../virtual/paged-rows.svelte';

export interface ListedConflict extends ConflictRow {
  id: string;
}

class ConflictList extends FollowedList<ListedConflict> {
  protected source(): RowSource<ListedConflict> {
    return {
      count: async () => (await backend().outboxCounts()).conflicts,
      page: async (offset, limit) =>
        (await backend().conflictPage(offset, limit)).map((row) => ({
          ...row,
          id: `${row.conflict.operation_id} ${fieldKey(row.conflict.field)}`,
        })),
    };
  }

  protected isTouchedBy({ outbox, leads, studio }: Changed): boolean {
    return outbox || leads || studio;
  }
}

export const conflictList = new ConflictList();

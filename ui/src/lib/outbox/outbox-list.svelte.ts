// What waits to be sent and what was refused.

import { backend } from '../backend';
import type { Changed } from '../bindings/Changed';
import type { OutboxRow } from '../bindings/OutboxRow';
import { FollowedList } from '../virtual/followed-list.svelte';
import type { RowSource } from '../virtual/paged-rows.svelte';

class OutboxList extends FollowedList<OutboxRow> {
  protected source(): RowSource<OutboxRow> {
    return {
      count: async () => {
        const { waiting, refused } = await backend().outboxCounts();
        return waiting + refused;
      },
      page: (offset, limit) => backend().outboxPage(offset, limit),
    };
  }

  protected isTouchedBy({ outbox, studio }: Changed): boolean {
    return outbox || studio;
  }
}

export const outboxList = new OutboxList();

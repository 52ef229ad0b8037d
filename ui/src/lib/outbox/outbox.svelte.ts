// How much of what was done here is not on the server yet, or waits for somebody to decide. Asked again when the desk says
// that it changed; several changes at once ask once.

import { backend, onDeskEvent } from '../backend';
import type { OutboxCounts } from '../bindings/OutboxCounts';

class Outbox {
  /** Null until it is known. */
  counts = $state.raw<OutboxCounts | null>(null);
  #isAsking = false;
  #isStale = false;
  #isFollowing = false;

  /** What somebody has to look after. */
  get needing(): number {
    return this.counts === null ? 0 : this.counts.refused + this.counts.conflicts;
  }

  /** Acts that would be lost with this computer. */
  get unsent(): number {
    return this.counts === null ? 0 : this.counts.waiting + this.counts.refused;
  }

  begin(): () => void {
    this.#isFollowing = true;
    const stop = onDeskEvent((event) => {
      if (typeof event === 'object' && 'changed' in event && event.changed.outbox) void this.#ask();
    });
    void this.#ask();
    return () => {
      stop();
      this.#isFollowing = false;
      this.counts = null;
    };
  }

  async #ask(): Promise<void> {
    if (this.#isAsking) {
      this.#isStale = true;
      return;
    }
    this.#isAsking = true;
    try {
      do {
        this.#isStale = false;
        const counts = await backend().outboxCounts();
        if (this.#isFollowing) this.counts = counts;
      } while (this.#isStale);
    } catch {
      // No number is better than a wrong one; the outbox itself tells what is the matter.
      this.counts = null;
    } finally {
      this.#isAsking = false;
    }
  }
}

export const outbox = new Outbox();

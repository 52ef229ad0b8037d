// How the desk stands with the server, as last heard; and a minute clock for words that depend on now.

import { backend, onDeskEvent } from '../backend';
import type { SyncStatus } from '../bindings/SyncStatus';

const CLOCK_MS = 15_000;

class Sync {
  status = $state.raw<SyncStatus | null>(null);
  now = $state(Date.now());

  /** Begins to follow; asks for the state once and hears the rest. */
  begin(): () => void {
    let isFollowing = true;
    let heard = false;
    const stop = onDeskEvent((event) => {
      if (typeof event === 'object' && 'status_changed' in event) {
        heard = true;
        this.status = event.status_changed;
        this.now = Date.now();
      }
    });
    void backend()
      .syncStatus()
      .then((status) => {
        // An event that overtook the answer is newer than it.
        if (isFollowing && !heard) this.status = status;
      })
      .catch(() => undefined);
    const clock = setInterval(() => {
      this.now = Date.now();
    }, CLOCK_MS);
    return () => {
      isFollowing = false;
      clearInterval(clock);
      stop();
      this.status = null;
    };
  }

  /** Asks the desk to try at once; what comes of it is told by an event. */
  async tryNow(): Promise<void> {
    try {
      await backend().syncNow();
    } catch {
      // The status line tells why it does not work; a second message would only repeat it.
    }
  }
}

export const sync = new Sync();

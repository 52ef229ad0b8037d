// What was found of the cache, until somebody has taken note of it.

import { backend, onDeskEvent } from '../backend';
import type { Healed } from '../bindings/Healed';

class Finding {
  /** Null when there is nothing to take note of. */
  found = $state.raw<Healed | null>(null);

  begin(): () => void {
    let isFollowing = true;
    let heard = false;
    const stop = onDeskEvent((event) => {
      if (typeof event === 'object' && 'healed' in event) {
        heard = true;
        this.found = event.healed;
      }
    });
    void backend()
      .healedFind()
      .then((found) => {
        if (isFollowing && !heard) this.found = found;
      })
      .catch(() => undefined);
    return () => {
      isFollowing = false;
      stop();
      this.found = null;
    };
  }

  /** It goes from the screen when it is gone for good: what could not be put away comes again. */
  async dismiss(): Promise<void> {
    try {
      await backend().healedDismiss();
      this.found = null;
    } catch {
      // It stays.
    }
  }
}

export const healed = new Finding();

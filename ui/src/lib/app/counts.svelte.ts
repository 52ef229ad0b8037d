// The numbers in the rail. Asked again when the desk says that something changed; several changes at once ask once.

import { backend, onDeskEvent } from '../backend';
import { EVERY_LEAD } from '../backend/every-lead';
import type { FolderCounts } from '../bindings/FolderCounts';

class Counts {
  leads = $state<number | null>(null);
  folders = $state.raw<FolderCounts | null>(null);
  #isAsking = false;
  #isStale = false;

  begin(): () => void {
    const stop = onDeskEvent((event) => {
      if (typeof event === 'object' && 'changed' in event && (event.changed.leads || event.changed.conversations)) {
        void this.#ask();
      }
    });
    void this.#ask();
    return () => {
      stop();
      this.leads = null;
      this.folders = null;
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
        const [leads, folders] = await Promise.all([backend().leadCount(EVERY_LEAD), backend().folderCounts()]);
        this.leads = leads;
        this.folders = folders;
      } while (this.#isStale);
    } catch {
      // No number is better than a wrong one; the lists themselves tell what is the matter.
      this.leads = null;
      this.folders = null;
    } finally {
      this.#isAsking = false;
    }
  }
}

export const counts = new Counts();

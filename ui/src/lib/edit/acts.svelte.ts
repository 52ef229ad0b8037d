// What was done last, and taking it back: each act is told in a toast with Undo, and Ctrl+Z takes back the last.

import { asErrorView, backend } from '../backend';
import type { Acted } from '../bindings/Acted';
import type { ErrorView } from '../bindings/ErrorView';
import { ERRORS } from '../errors/error-table';
import { session } from '../session/session.svelte';
import { strings } from '../strings/edit';
import { toasts } from '../ui/toast/toasts.svelte';

export const UNDO_SHOWN_MS = 8000;
/** As many as the desk remembers. */
const MOST = 20;

class Acts {
  /** The newest at the end. */
  #done: { undo: string; toast: number }[] = [];
  #isFollowing = false;

  /**
   * Tells of an act that was done. `said` has the words for the number of leads that changed; where none did, it says so
   * unless `quiet`.
   */
  tell({ changed, undo }: Acted, said: (changed: number) => string, quiet = false): void {
    if (undo === null) {
      if (changed > 0) toasts.show(said(changed));
      else if (!quiet) toasts.show(strings.soAlready);
      return;
    }
    this.#follow();
    // Of several in a row only the last has its button: Ctrl+Z reaches those before it.
    const last = this.#done.at(-1);
    if (last !== undefined) toasts.close(last.toast);
    const toast = toasts.show(said(changed), {
      shownMs: UNDO_SHOWN_MS,
      action: { label: strings.undo, run: () => void this.undo(undo) },
    });
    this.#done = [...this.#done, { undo, toast }].slice(-MOST);
  }

  /** Takes back what was done last. False where there is nothing. */
  undoLast(): boolean {
    const last = this.#done.at(-1);
    if (last === undefined) return false;
    toasts.close(last.toast);
    void this.undo(last.undo);
    return true;
  }

  async undo(act: string): Promise<void> {
    this.#done = this.#done.filter(({ undo }) => undo !== act);
    try {
      const { changed } = await backend().undo(act);
      toasts.show(changed > 0 ? strings.undone : strings.nothingUndone);
    } catch (reason) {
      const error = asErrorView(reason);
      if (error.code === 'not_found') toasts.show(strings.undoOver, { tone: 'bad' });
      else failed(error);
    }
  }

  #follow(): void {
    if (this.#isFollowing) return;
    this.#isFollowing = true;
    const letGo = session.onClose(() => {
      letGo();
      this.#isFollowing = false;
      this.#done = [];
    });
  }
}

/** Tells of an act that was not done, where no field or form can say it. */
export function failed(error: ErrorView): void {
  const { title, advice } = ERRORS[error.code];
  toasts.show(title, { detail: advice, tone: 'bad' });
}

export const acts = new Acts();

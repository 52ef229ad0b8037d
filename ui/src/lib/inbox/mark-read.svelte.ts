// Marks a conversation read on this computer, once its newest message was on screen for a second while somebody could see it.

import { backend } from '../backend';
import type { ConversationId } from '../bindings/ConversationId';

export const SHOWN_MS = 1000;

/** Call while a component is drawn. `shown` gives the unread conversation whose newest message is on screen, or `null`. */
export function markReadWhenShown(shown: () => ConversationId | null): void {
  let isWatched = $state(isInFront());

  $effect(() => {
    const look = (): void => {
      isWatched = isInFront();
    };
    document.addEventListener('visibilitychange', look);
    window.addEventListener('focus', look);
    window.addEventListener('blur', look);
    return () => {
      document.removeEventListener('visibilitychange', look);
      window.removeEventListener('focus', look);
      window.removeEventListener('blur', look);
    };
  });

  $effect(() => {
    const id = isWatched ? shown() : null;
    if (id === null) return;
    const timer = setTimeout(() => {
      // If it fails it stays unread, and the next time it is shown marks it.
      void backend()
        .conversationMarkRead(id)
        .catch(() => undefined);
    }, SHOWN_MS);
    return () => {
      clearTimeout(timer);
    };
  });
}

function isInFront(): boolean {
  return document.visibilityState === 'visible' && document.hasFocus();
}

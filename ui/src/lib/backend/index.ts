// Which desk this window talks to. Screens ask `backend()`; none of them knows whether it is the shell's or the one in
// memory.

import type { DeskEvent } from '../bindings/DeskEvent';
import type { Backend } from './backend';
import { tauriBackend } from './tauri';

export type { Backend } from './backend';
export { asErrorView, errorView, isErrorView } from './error-view';

let current: Backend | null = null;
const listeners = new Set<(event: DeskEvent) => void>();
let stopListening: (() => void) | null = null;

export function backend(): Backend {
  if (current === null) throw new Error('The backend is used before connectBackend() or useBackend().');
  return current;
}

/** Chooses the desk and begins to listen to it. Once, before anything is drawn. */
export async function connectBackend(): Promise<void> {
  if (__WITH_FAKE__ && !('__TAURI_INTERNALS__' in window)) {
    const { fakeFromLocation } = await import('./fake');
    await useBackend(fakeFromLocation(window.location.search));
    return;
  }
  await useBackend(tauriBackend);
}

/** Takes this desk from now on; tests call it directly. */
export async function useBackend(next: Backend): Promise<void> {
  stopListening?.();
  current = next;
  stopListening = await next.listen((event) => {
    for (const listener of [...listeners]) listener(event);
  });
}

/** Calls back on every event of the desk until the returned function is called. */
export function onDeskEvent(listener: (event: DeskEvent) => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

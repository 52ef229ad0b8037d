// When the first screen is drawn. Until then the window is not on the screen, so that nobody sees an empty white one.

import { tick } from 'svelte';

let onDrawn: (() => void) | null = null;

/** Calls back once, when the first screen has something to show. */
export function whenFirstScreenDrawn(callback: () => void): void {
  onDrawn = callback;
}

/** To be called by whatever can be the first thing on a screen: a form, a list, or the reason why there is none. */
export async function firstScreenDrawn(): Promise<void> {
  if (onDrawn === null) return;
  const callback = onDrawn;
  onDrawn = null;
  await tick();
  callback();
  // A hidden page is not laid out. While the window is on its way to the screen there is time for it.
  document.body.getBoundingClientRect();
}

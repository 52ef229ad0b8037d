// Tells the desk that somebody is there, so that it does not lock; seldom enough to cost nothing.

import { backend } from '../backend';
import { session } from './session.svelte';

const EVERY_MS = 10_000;
let toldAt = Number.NEGATIVE_INFINITY;

export function userPresence(): void {
  const now = performance.now();
  if (session.phase !== 'open' || now - toldAt < EVERY_MS) return;
  toldAt = now;
  // If the desk can't be told it locks early, which is safe, and the next call asks again.
  backend()
    .userActive()
    .catch(() => {
      toldAt = Number.NEGATIVE_INFINITY;
    });
}

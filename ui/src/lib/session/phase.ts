// The phases of the window, and what moves it from one to the next. Pure.

import type { Phase } from '../bindings/Phase';

/** `starting` until the desk has said where to begin; `failed` when it could not. */
export type WindowPhase = 'starting' | 'failed' | Phase;

export type PhaseEvent =
  | { kind: 'started'; phase: Phase }
  | { kind: 'start_failed' }
  | { kind: 'signed_in' }
  | { kind: 'unlocked' }
  | { kind: 'locked' }
  | { kind: 'signed_out' };

export function nextPhase(current: WindowPhase, event: PhaseEvent): WindowPhase {
  switch (event.kind) {
    case 'started':
      return event.phase;
    case 'start_failed':
      return 'failed';
    case 'signed_in':
    case 'unlocked':
      return 'open';
    case 'locked':
      // There is nothing to lock once signed out: a late event must not bring the lock screen back.
      return current === 'signed_out' ? 'signed_out' : 'locked';
    case 'signed_out':
      return 'signed_out';
  }
}

import { describe, expect, it } from 'vitest';
import { nextPhase, type PhaseEvent, type WindowPhase } from './phase';

describe('phase', () => {
  it.each<[WindowPhase, PhaseEvent, WindowPhase]>([
    ['starting', { kind: 'started', phase: 'locked' }, 'locked'],
    ['starting', { kind: 'start_failed' }, 'failed'],
    ['signed_out', { kind: 'signed_in' }, 'open'],
    ['locked', { kind: 'unlocked' }, 'open'],
    ['open', { kind: 'locked' }, 'locked'],
    ['open', { kind: 'signed_out' }, 'signed_out'],
    ['locked', { kind: 'signed_out' }, 'signed_out'],
    ['signed_out', { kind: 'locked' }, 'signed_out'],
  ])('%s, then %o, is %s', (from, event, to) => {
    expect(nextPhase(from, event)).toBe(to);
  });
});

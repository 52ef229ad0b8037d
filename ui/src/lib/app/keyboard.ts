// From key presses to chords, and from chords to shortcuts. Pure.

/** How long after `G` the second key still counts. */
export const SEQUENCE_MS = 1200;

export type KeyPress = Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey'>;

const MODIFIERS = new Set(['Control', 'Shift', 'Alt', 'Meta', 'AltGraph']);

/**
 * `Ctrl+K`, `Shift+J`, `?`, `Enter`; null for a modifier alone. Letters are upper-case and name their Shift; signs such
 * as `?` are what the layout makes of it, so theirs is left out. On a Mac, Command counts as Ctrl.
 */
export function chordOf(press: KeyPress): string | null {
  if (MODIFIERS.has(press.key) || press.key === 'Dead' || press.key === 'Process') return null;
  const isLetter = press.key.length === 1 && press.key.toLowerCase() !== press.key.toUpperCase();
  const key = press.key === ' ' ? 'Space' : press.key.length === 1 ? press.key.toUpperCase() : press.key;
  const withShift = press.shiftKey && (isLetter || press.key.length > 1);
  return [
    press.ctrlKey || press.metaKey ? 'Ctrl+' : '',
    press.altKey ? 'Alt+' : '',
    withShift ? 'Shift+' : '',
    key,
  ].join('');
}

/** Remembers the first key of a two-key shortcut. */
export interface Pending {
  chord: string;
  at: number;
}

export interface Bound<Id> {
  id: Id;
  keys: readonly string[];
}

/**
 * What a chord means now: the shortcuts it completes, most likely one, and what to wait for. A sequence wins over a
 * single key, as in `G` `L`, where `L` alone may mean something else.
 */
export function resolve<Id>(
  table: readonly Bound<Id>[],
  chord: string,
  pending: Pending | null,
  now: number,
): { ids: Id[]; pending: Pending | null } {
  const first = pending !== null && now - pending.at <= SEQUENCE_MS ? pending.chord : null;
  if (first !== null) {
    const ids = table.filter((s) => s.keys.includes(`${first} ${chord}`)).map((s) => s.id);
    if (ids.length > 0) return { ids, pending: null };
  }
  const ids = table.filter((s) => s.keys.includes(chord)).map((s) => s.id);
  const begins = table.some((s) => s.keys.some((keys) => keys.startsWith(`${chord} `)));
  return { ids, pending: begins ? { chord, at: now } : null };
}

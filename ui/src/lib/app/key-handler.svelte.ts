// Runs the handlers of the shortcut table. Screens say what they do with `useShortcuts`; the last one drawn wins.

import { chordOf, resolve, type Pending } from './keyboard';
import { SHORTCUTS, type Shortcut, type ShortcutId } from './shortcuts';

/** Returns false when the key meant nothing here, so that it keeps its own meaning. */
export type ShortcutHandler = () => unknown;
export type ShortcutHandlers = Partial<Record<ShortcutId, ShortcutHandler>>;

// Not state itself: a component that goes reads state as it was before the change that removed it, and would put back a
// list without those that came with that change.
const bound = new Set<ShortcutHandlers>();
let layers = $state.raw<readonly ShortcutHandlers[]>([]);
let pending: Pending | null = null;

/** Binds handlers while the calling component is drawn. */
export function useShortcuts(handlers: ShortcutHandlers): void {
  $effect.pre(() => {
    addShortcuts(handlers);
    return () => removeShortcuts(handlers);
  });
}

export function addShortcuts(handlers: ShortcutHandlers): void {
  bound.add(handlers);
  layers = [...bound];
}

export function removeShortcuts(handlers: ShortcutHandlers): void {
  bound.delete(handlers);
  layers = [...bound];
}

function handlersOf(id: ShortcutId): ShortcutHandler[] {
  return layers
    .map((layer) => layer[id])
    .filter((handler) => handler !== undefined)
    .reverse();
}

/** What can be done right now, in the order of the table; for the palette. */
export function availableActions(): Shortcut[] {
  return SHORTCUTS.filter((s) => s.isMovement !== true && layers.some((layer) => layer[s.id] !== undefined));
}

export function runAction(id: ShortcutId): void {
  for (const handler of handlersOf(id)) if (handler() !== false) return;
}

/** For `<svelte:window onkeydown>`, once. */
export function handleKey(press: KeyboardEvent): void {
  if (press.defaultPrevented || press.isComposing) return;
  const chord = chordOf(press);
  if (chord === null) return;
  const target = press.target instanceof HTMLElement ? press.target : null;
  const isHeldBack = isTyping(target) || isInOverlay(target);
  const table = SHORTCUTS.filter((s) => {
    if (isHeldBack && s.worksInFields !== true) return false;
    return handlersOf(s.id).length > 0 && !belongsToControl(target, chord);
  });
  const meant = resolve(table, chord, pending, Date.now());
  pending = meant.pending;
  for (const id of meant.ids) {
    for (const handler of handlersOf(id)) {
      if (handler() !== false) {
        press.preventDefault();
        return;
      }
    }
  }
}

function isTyping(target: HTMLElement | null): boolean {
  if (target === null) return false;
  if (target.isContentEditable || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement)
    return true;
  return target instanceof HTMLInputElement && !['checkbox', 'radio', 'button', 'range'].includes(target.type);
}

/** In a dialog, a menu or a list box, plain keys belong to it. */
function isInOverlay(target: HTMLElement | null): boolean {
  const overlay = '[role="dialog"], [role="alertdialog"], [role="menu"], [role="listbox"]';
  if (target?.closest(overlay)) return true;
  return document.querySelector('[role="dialog"][aria-modal="true"], [data-overlay="open"]') !== null;
}

/** Enter and Space press the button that has the focus; arrows move within tabs and radio groups. */
function belongsToControl(target: HTMLElement | null, chord: string): boolean {
  if (target === null) return false;
  if (chord === 'Enter' || chord === 'Space') {
    return target.closest('button, a[href], summary, [role="button"], [role="tab"], [role="menuitem"]') !== null;
  }
  if (chord.startsWith('Arrow')) {
    return target.closest('[role="tablist"], [role="radiogroup"], [role="separator"], [role="slider"]') !== null;
  }
  return false;
}

// The one table of what the keyboard does. The key handler, the palette and the `?` sheet read it; nothing else binds
// a key to an action. (Arrow keys inside a menu or a list box belong to that control.)

import { strings } from '../strings/shortcuts';

export type ShortcutScope = 'global' | 'inbox' | 'leads' | 'lead' | 'outbox';

export interface Shortcut {
  id: ShortcutId;
  label: string;
  /** `Ctrl+K`, `?`, or two in a row: `G I`. The first is the one shown. */
  keys: readonly string[];
  scope: ShortcutScope;
  /** Works while typing too. Only for chords with Ctrl, and for Escape. */
  worksInFields?: boolean;
  /** Moves something rather than doing something: not offered in the palette. */
  isMovement?: boolean;
}

export type ShortcutId = keyof typeof strings.labels;

function shortcut(
  scope: ShortcutScope,
  id: ShortcutId,
  keys: readonly string[],
  more: Pick<Shortcut, 'worksInFields' | 'isMovement'> = {},
): Shortcut {
  return { id, label: strings.labels[id], keys, scope, ...more };
}

const inFields = { worksInFields: true };
const movement = { isMovement: true };

export const SHORTCUTS: readonly Shortcut[] = [
  shortcut('global', 'app.palette', ['Ctrl+K'], { ...inFields, ...movement }),
  shortcut('global', 'app.search', ['/'], movement),
  shortcut('global', 'app.inbox', ['G I']),
  shortcut('global', 'app.leads', ['G L']),
  shortcut('global', 'app.outbox', ['G O']),
  shortcut('global', 'app.conflicts', ['G D']),
  shortcut('global', 'app.settings', ['Ctrl+,'], inFields),
  shortcut('global', 'app.sync', ['Ctrl+R', 'F5'], inFields),
  shortcut('global', 'app.undo', ['Ctrl+Z']),
  shortcut('global', 'app.lock', ['Ctrl+L'], inFields),
  shortcut('global', 'app.zoom_in', ['Ctrl++', 'Ctrl+='], inFields),
  shortcut('global', 'app.zoom_out', ['Ctrl+-'], inFields),
  shortcut('global', 'app.zoom_reset', ['Ctrl+0'], inFields),
  shortcut('global', 'app.shortcuts', ['?']),

  shortcut('inbox', 'inbox.next', ['J', 'ArrowDown'], movement),
  shortcut('inbox', 'inbox.previous', ['K', 'ArrowUp'], movement),
  shortcut('inbox', 'inbox.open', ['Enter'], movement),
  shortcut('inbox', 'inbox.reply', ['R']),
  shortcut('inbox', 'inbox.lead', ['O']),
  shortcut('inbox', 'inbox.back', ['Escape'], movement),

  shortcut('leads', 'leads.next', ['J', 'ArrowDown'], movement),
  shortcut('leads', 'leads.previous', ['K', 'ArrowUp'], movement),
  shortcut('leads', 'leads.open', ['Enter'], movement),
  shortcut('leads', 'leads.select', ['X'], movement),
  shortcut('leads', 'leads.extend_down', ['Shift+J', 'Shift+ArrowDown'], movement),
  shortcut('leads', 'leads.extend_up', ['Shift+K', 'Shift+ArrowUp'], movement),
  shortcut('leads', 'leads.new', ['N']),
  shortcut('leads', 'leads.stage', ['S']),
  shortcut('leads', 'leads.assign', ['A']),
  shortcut('leads', 'leads.tag', ['T']),
  shortcut('leads', 'leads.archive', ['E']),
  shortcut('leads', 'leads.delete', ['#', 'Delete']),
  shortcut('leads', 'leads.restore', ['R']),
  shortcut('leads', 'leads.merge', ['M']),
  shortcut('leads', 'leads.show_active', ['V A']),
  shortcut('leads', 'leads.show_archived', ['V R']),
  shortcut('leads', 'leads.show_bin', ['V B']),
  shortcut('leads', 'leads.filter', ['F']),
  shortcut('leads', 'leads.export', ['Ctrl+E'], inFields),
  shortcut('leads', 'leads.import', ['Ctrl+I'], inFields),
  shortcut('leads', 'leads.clear', ['Escape'], movement),

  shortcut('lead', 'lead.next', ['J'], movement),
  shortcut('lead', 'lead.previous', ['K'], movement),
  shortcut('lead', 'lead.edit', ['E']),
  shortcut('lead', 'lead.stage', ['S']),
  shortcut('lead', 'lead.assign', ['A']),
  shortcut('lead', 'lead.archive', ['Shift+E']),
  shortcut('lead', 'lead.delete', ['#', 'Delete']),
  shortcut('lead', 'lead.restore', ['Shift+R']),
  shortcut('lead', 'lead.merge', ['M']),
  shortcut('lead', 'lead.reply', ['R']),
  shortcut('lead', 'lead.conflict', ['C']),
  shortcut('lead', 'lead.back', ['Escape'], movement),

  shortcut('outbox', 'outbox.next', ['J', 'ArrowDown'], movement),
  shortcut('outbox', 'outbox.previous', ['K', 'ArrowUp'], movement),
  shortcut('outbox', 'outbox.open', ['Enter', 'E'], movement),
  shortcut('outbox', 'outbox.retry', ['R']),
  shortcut('outbox', 'outbox.discard', ['Delete', 'Backspace']),
];

function findShortcut(id: ShortcutId): Shortcut | undefined {
  return SHORTCUTS.find((s) => s.id === id);
}

/** The keys to show beside a label; empty when there are none. */
export function keysOf(id: ShortcutId): string {
  return findShortcut(id)?.keys[0] ?? '';
}

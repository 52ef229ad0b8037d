// Widths of panes, remembered on this computer.

const PREFIX = 'frontdesk.pane.';

export function clampWidth(width: number, min: number, max: number): number {
  return Math.min(max, Math.max(min, width));
}

/** Null when none was chosen, or when what is stored is not a width. */
export function readWidth(name: string): number | null {
  try {
    const stored = window.localStorage.getItem(PREFIX + name);
    const width = stored === null ? Number.NaN : Number(stored);
    return Number.isFinite(width) && width > 0 ? width : null;
  } catch {
    return null;
  }
}

export function writeWidth(name: string, width: number): void {
  try {
    window.localStorage.setItem(PREFIX + name, String(Math.round(width)));
  } catch {
    // Storage may be off or full; the width then lasts as long as the window.
  }
}

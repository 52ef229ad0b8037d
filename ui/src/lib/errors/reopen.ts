// How an error notice goes back to where one signs in or unlocks. The session says how, so that errors need not know it.

let reopen: (() => void) | null = null;

export function setReopen(how: (() => void) | null): void {
  reopen = how;
}

export function reopenDesk(): void {
  reopen?.();
}

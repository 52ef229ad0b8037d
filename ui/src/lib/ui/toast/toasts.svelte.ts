// The notes at the foot of the window: what was just done, with at most one thing to do about it.

export interface ToastAction {
  label: string;
  run: () => void;
}

export interface ToastOptions {
  /** A second, quieter sentence. */
  detail?: string;
  action?: ToastAction;
  tone?: 'neutral' | 'bad';
  /** How long it is shown, in ms, where that is not as long as most. */
  shownMs?: number;
  /** Stays until closed: for what one must not miss. */
  isSticky?: boolean;
}

export interface Toast extends ToastOptions {
  id: number;
  text: string;
}

const SHOWN_MS = 7000;
const MOST = 3;

class Toasts {
  items = $state.raw<readonly Toast[]>([]);
  #next = 1;
  #timers = new Map<number, ReturnType<typeof setTimeout>>();

  show(text: string, options: ToastOptions = {}): number {
    const toast: Toast = { ...options, id: this.#next++, text };
    for (const old of this.items.slice(0, Math.max(0, this.items.length + 1 - MOST))) this.close(old.id);
    this.items = [...this.items, toast];
    this.resume(toast.id);
    return toast.id;
  }

  close(id: number): void {
    this.pause(id);
    this.items = this.items.filter((toast) => toast.id !== id);
  }

  /** While the pointer or the focus is on it, it stays. */
  pause(id: number): void {
    clearTimeout(this.#timers.get(id));
    this.#timers.delete(id);
  }

  resume(id: number): void {
    const toast = this.items.find((t) => t.id === id);
    if (toast === undefined || toast.isSticky) return;
    this.pause(id);
    this.#timers.set(
      id,
      setTimeout(() => this.close(id), toast.shownMs ?? SHOWN_MS),
    );
  }

  clear(): void {
    for (const toast of this.items) this.close(toast.id);
  }
}

export const toasts = new Toasts();

// What the studio pays, as the desk knows it. Works offline; what is shown stays until what is new is there.

import { asErrorView, backend, onDeskEvent } from '../backend';
import type { BillingView } from '../bindings/BillingView';
import type { ErrorView } from '../bindings/ErrorView';

export class Billing {
  view = $state.raw<BillingView | null>(null);
  error = $state.raw<ErrorView | null>(null);

  #ticket = 0;

  /** Reads it, and again whenever it changes, until the returned function is called. */
  follow(): () => void {
    const stop = onDeskEvent((event) => {
      if (typeof event === 'object' && 'changed' in event && event.changed.billing) void this.load();
    });
    void this.load();
    return () => {
      this.#ticket += 1;
      stop();
      this.view = null;
      this.error = null;
    };
  }

  async load(): Promise<void> {
    const ticket = ++this.#ticket;
    try {
      const view = await backend().billing();
      if (ticket !== this.#ticket) return;
      this.view = view;
      this.error = null;
    } catch (reason) {
      if (ticket !== this.#ticket) return;
      // What was read may be of a role that is taken: it goes.
      this.view = null;
      this.error = asErrorView(reason);
    }
  }
}

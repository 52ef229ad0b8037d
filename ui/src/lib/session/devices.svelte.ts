// The devices of the account, as the server lists them. Needs the network; asks again when it comes back.

import { asErrorView, backend } from '../backend';
import type { Device } from '../bindings/Device';
import type { DeviceId } from '../bindings/DeviceId';
import type { ErrorView } from '../bindings/ErrorView';

export class Devices {
  list = $state.raw<readonly Device[] | null>(null);
  error = $state.raw<ErrorView | null>(null);
  isLoading = $state(false);

  async load(): Promise<void> {
    if (this.isLoading) return;
    this.isLoading = true;
    try {
      const devices = await backend().deviceList();
      // The one in front of you first, then the newest seen.
      this.list = [...devices].sort(
        (a, b) => Number(b.is_current) - Number(a.is_current) || b.last_seen_at - a.last_seen_at,
      );
      this.error = null;
    } catch (reason) {
      this.list = null;
      this.error = asErrorView(reason);
    } finally {
      this.isLoading = false;
    }
  }

  /** Rejects with an `ErrorView`. */
  async revoke(id: DeviceId): Promise<void> {
    await backend().deviceRevoke(id);
    this.list = this.list?.filter((device) => device.id !== id) ?? null;
  }
}

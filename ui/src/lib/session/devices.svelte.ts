// The devices of the account, as the server lists them. Needs the network; asks again when it comes back.

import { asErrorView, backend } from '../backend';
import type { Device } from '../bindings/Device';
import type { DeviceId } from '../bindings/DeviceId';
import type { EndedDevice } from '../bindings/EndedDevice';
import type { ErrorView } from '../bindings/ErrorView';

export class Devices {
  list = $state.raw<readonly Device[] | null>(null);
  /** Those whose session ended lately, the last one first. */
  ended = $state.raw<readonly EndedDevice[]>([]);
  error = $state.raw<ErrorView | null>(null);
  isLoading = $state(false);

  /** All but the one in front of you. */
  readonly others = $derived((this.list ?? []).filter((device) => !device.is_current));

  async load(): Promise<void> {
    if (this.isLoading) return;
    this.isLoading = true;
    try {
      const { devices, ended } = await backend().deviceList();
      // The one in front of you first, then the newest seen.
      this.list = [...devices].sort(
        (a, b) => Number(b.is_current) - Number(a.is_current) || b.last_seen_at - a.last_seen_at,
      );
      this.ended = ended;
      this.error = null;
    } catch (reason) {
      this.list = null;
      this.ended = [];
      this.error = asErrorView(reason);
    } finally {
      this.isLoading = false;
    }
  }

  /** Rejects with an `ErrorView`. */
  async revoke(id: DeviceId): Promise<void> {
    await backend().deviceRevoke(id);
    this.list = this.list?.filter((device) => device.id !== id) ?? null;
    await this.load();
  }

  /** Ends the session of all others; how many they were, which the list may not have known. Rejects as `revoke`. */
  async revokeOthers(): Promise<number> {
    const revoked = await backend().deviceRevokeOthers();
    this.list = this.list?.filter((device) => device.is_current) ?? null;
    await this.load();
    return revoked;
  }
}

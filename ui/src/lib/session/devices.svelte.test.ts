import { beforeEach, describe, expect, it } from 'vitest';

import { useBackend } from '../backend';
import { createFake } from '../backend/fake';
import { Devices } from './devices.svelte';

let devices: Devices;

beforeEach(() => {
  devices = new Devices();
});

function use(options: Parameters<typeof createFake>[0] = {}): void {
  useBackend(createFake(options));
}

describe('the devices of the account', () => {
  it('has the one in front of you first, and those that ended beside it', async () => {
    use();
    await devices.load();
    expect(devices.list?.[0]?.is_current).toBe(true);
    expect(devices.others).toHaveLength(2);
    expect(devices.ended.map((device) => device.ended_because)).toContain('token_reused');
  });

  it('ends all others in one act, and shows them among those that ended', async () => {
    use();
    await devices.load();
    const others = devices.others.map((device) => device.id);
    expect(await devices.revokeOthers()).toBe(2);
    expect(devices.list?.map((device) => device.is_current)).toEqual([true]);
    expect(devices.ended.slice(0, 2).map((device) => [device.id, device.ended_because])).toEqual(
      others.map((id) => [id, 'revoked']),
    );
  });

  it('keeps the list as it is when the server refuses', async () => {
    use({ revokeError: 'server_failed' });
    await devices.load();
    await expect(devices.revokeOthers()).rejects.toMatchObject({ code: 'server_failed' });
    expect(devices.others).toHaveLength(2);
  });

  it('holds nothing while the server can’t be reached', async () => {
    use({ isOffline: true });
    await devices.load();
    expect([devices.list, devices.ended, devices.error?.code]).toEqual([null, [], 'server_unreachable']);
  });
});

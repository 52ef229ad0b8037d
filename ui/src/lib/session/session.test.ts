import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { useBackend, type Backend } from '../backend';
import { createFake, type FakeOptions } from '../backend/fake';
import { session } from './session.svelte';

let stop: (() => void) | null = null;

async function begin(options: Partial<FakeOptions>): Promise<Backend> {
  const fake = createFake(options);
  await useBackend(fake);
  stop = await session.begin();
  return fake;
}

beforeEach(() => {
  session.wasSignedOutElsewhere = false;
});

afterEach(() => {
  stop?.();
  stop = null;
});

describe('session', () => {
  it('opens where the desk is open, and knows members and stages by id', async () => {
    await begin({ phase: 'open' });
    expect(session.phase).toBe('open');
    expect(session.findMember('member-asha')?.name).toBe('Asha Menon');
    expect(session.findStage('stage-won')?.name).toBe('Won');
    expect(session.findMember('nobody')).toBeUndefined();
  });

  it('holds nothing of the data once the desk locked itself, and tells who else holds some', async () => {
    const fake = await begin({ phase: 'open' });
    const letGo = vi.fn();
    const forget = session.onClose(letGo);
    await fake.lock();
    expect(session.phase).toBe('locked');
    expect(session.current).toBeNull();
    expect(session.findMember('member-asha')).toBeUndefined();
    expect(letGo).toHaveBeenCalled();
    forget();
  });

  it('empties the screen before the desk has answered a lock', async () => {
    const fake = await begin({ phase: 'open' });
    vi.spyOn(fake, 'lock').mockReturnValue(new Promise(() => undefined));
    void session.lock();
    expect(session.phase).toBe('locked');
    expect(session.current).toBeNull();
  });

  it('unlocks with the right passphrase only', async () => {
    await begin({ phase: 'locked', keyStore: 'passphrase' });
    await expect(session.unlock('wrong')).rejects.toMatchObject({ code: 'passphrase_wrong' });
    expect(session.phase).toBe('locked');
    await session.unlock('correct horse battery');
    expect(session.phase).toBe('open');
  });

  it('knows a sign-out of its own from one from elsewhere', async () => {
    const fake = await begin({ phase: 'open' });
    await session.signOut();
    expect(session.phase).toBe('signed_out');
    expect(session.wasSignedOutElsewhere).toBe(false);

    await session.signIn({ server_url: 'https://x.example', email: 'a@b', password: 'p', passphrase: null });
    await fake.signOut();
    expect(session.phase).toBe('signed_out');
    expect(session.wasSignedOutElsewhere).toBe(true);
  });

  it('tells why it could not start, and starts when asked again', async () => {
    const fake = await begin({ phase: 'open' });
    const start = vi
      .spyOn(fake, 'start')
      .mockRejectedValueOnce({ code: 'keyring_locked', is_retryable: true, report_id: null });
    await session.restart();
    expect(start).toHaveBeenCalled();
    expect(session.phase).toBe('failed');
    expect(session.failure?.code).toBe('keyring_locked');
    await session.restart();
    expect(session.phase).toBe('open');
  });
});

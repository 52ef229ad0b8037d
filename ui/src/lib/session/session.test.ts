import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { useBackend, type Backend } from '../backend';
import { createFake, type FakeOptions } from '../backend/fake';
import type { DeskEvent } from '../bindings/DeskEvent';
import { session } from './session.svelte';

let stop: (() => void) | null = null;

async function begin(options: Partial<FakeOptions>): Promise<Backend> {
  const fake = createFake(options);
  await useBackend(fake);
  stop = await session.begin();
  return fake;
}

/** The open desk, and how to speak in its place. */
async function beginHeard(): Promise<{ fake: Backend; tell: (event: DeskEvent) => void }> {
  const fake = createFake({ phase: 'open' });
  const listen = vi.spyOn(fake, 'listen');
  await useBackend(fake);
  stop = await session.begin();
  const tell = listen.mock.calls[0]?.[0];
  if (tell === undefined) throw new Error('nobody listens');
  return { fake, tell };
}

beforeEach(() => {
  session.departure = null;
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

  it('tells why a cache was closed that is not as it was left, until it is opened again', async () => {
    const { fake, tell } = await beginHeard();
    expect(session.isAltered).toBe(false);
    tell('altered');
    await fake.lock();
    expect(session.phase).toBe('locked');
    expect(session.isAltered).toBe(true);
    await session.unlock(null);
    expect(session.isAltered).toBe(false);
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
    await session.signOut('keep');
    expect(session.phase).toBe('signed_out');
    expect(session.departure?.isOwn).toBe(true);

    await session.signIn({ server_url: 'https://x.example', email: 'a@b', password: 'p', passphrase: null });
    expect(session.departure).toBeNull();
    await fake.signOut('keep');
    expect(session.phase).toBe('signed_out');
    expect(session.departure?.isOwn).toBe(false);
  });

  it('takes the late event of a sign-out of its own for what it is', async () => {
    const { fake, tell } = await beginHeard();
    const end = { erased: { lost: { audit: 0, edits: 0, drafts: 0 } } };
    vi.spyOn(fake, 'signOut').mockResolvedValue(end);
    await session.signOut('keep');
    tell({ signed_out: end });
    expect(session.departure).toEqual({ end, isOwn: true });
  });

  it('says what was lost when the server ended the session while it was signing out', async () => {
    const { fake, tell } = await beginHeard();
    const revoked = { erased: { lost: { audit: 2, edits: 0, drafts: 0 } } };
    vi.spyOn(fake, 'signOut').mockImplementation(() => {
      tell({ signed_out: revoked });
      // Nobody was left to sign out.
      return Promise.resolve({ erased: { lost: { audit: 0, edits: 0, drafts: 0 } } });
    });
    await session.signOut('keep');
    expect(session.phase).toBe('signed_out');
    expect(session.departure?.end).toEqual(revoked);
  });

  it('stays signed in while something unsent would be lost, and leaves once that is accepted', async () => {
    await begin({ phase: 'open', unsentAudit: 2 });
    expect(await session.signOut('keep')).toEqual({ unsent: { left: { audit: 2, edits: 0, drafts: 0 } } });
    expect(session.phase).toBe('open');
    await session.signOut('lose');
    expect(session.phase).toBe('signed_out');
    expect(session.departure?.end).toEqual({ erased: { lost: { audit: 2, edits: 0, drafts: 0 } } });
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

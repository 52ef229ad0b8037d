import { fireEvent, render, screen } from '@testing-library/svelte';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { useBackend, type Backend } from '../backend';
import { createFake, type FakeOptions } from '../backend/fake';
import { outbox } from '../outbox/outbox.svelte';
import { strings } from '../strings/session';
import { strings as ui } from '../strings/ui';
import SignOutDialog from './SignOutDialog.svelte';
import { session } from './session.svelte';

let stop: (() => void) | null = null;

let setOpen: (isOpen: boolean) => Promise<void>;

async function show(options: Partial<FakeOptions>): Promise<Backend> {
  const fake = createFake({ phase: 'open', ...options });
  await useBackend(fake);
  stop = await session.begin();
  const { rerender } = render(SignOutDialog, { isOpen: true, title: 'Sign out?', text: 'It is erased.' });
  setOpen = (isOpen) => rerender({ isOpen });
  return fake;
}

const confirm = (): Promise<boolean> => fireEvent.click(screen.getByTestId('sign-out-confirm'));

afterEach(() => {
  stop?.();
  stop = null;
});

describe('signing out', () => {
  it('is done at once where nothing would be lost', async () => {
    await show({});
    await confirm();
    await vi.waitFor(() => expect(session.phase).toBe('signed_out'));
  });

  it('says how much would be lost, and does it only when that is confirmed too', async () => {
    const fake = await show({ unsentAudit: 3 });
    const signOut = vi.spyOn(fake, 'signOut');
    await confirm();
    expect((await screen.findByTestId('sign-out-unsent')).textContent).toContain(
      strings.unsent({ audit: 3, edits: 0, drafts: 0 }),
    );
    expect(session.phase).toBe('open');
    expect(screen.getByTestId('sign-out-confirm').textContent).toContain(
      strings.loseConfirm({ audit: 3, edits: 0, drafts: 0 }),
    );
    await confirm();
    await vi.waitFor(() => expect(session.phase).toBe('signed_out'));
    expect(signOut.mock.calls).toEqual([['keep'], ['lose']]);
  });

  it('accepts nothing any more once it was cancelled', async () => {
    const fake = await show({ unsentAudit: 1 });
    const signOut = vi.spyOn(fake, 'signOut');
    await confirm();
    await screen.findByTestId('sign-out-unsent');
    await fireEvent.click(screen.getByText(ui.cancel));
    await vi.waitFor(() => expect(screen.queryByTestId('sign-out-confirm')).toBeNull());
    await setOpen(false);
    await setOpen(true);
    await confirm();
    await screen.findByTestId('sign-out-unsent');
    expect(signOut.mock.calls).toEqual([['keep'], ['keep']]);
  });

  it('says how many changes are only here, before anything is asked of the desk', async () => {
    const fake = await show({ isOffline: true, waitingEdits: 2, hasRefused: true });
    const letGo = outbox.begin();
    const signOut = vi.spyOn(fake, 'signOut');
    expect((await screen.findByTestId('sign-out-edits')).textContent).toContain(strings.unsentEdits(6));
    expect(screen.getByTestId('sign-out-confirm').textContent).toContain(strings.loseEditsConfirm(6));
    expect(signOut).not.toHaveBeenCalled();
    letGo();
  });

  it('says that it can’t know what a closed cache holds', async () => {
    await show({ phase: 'locked', keyStore: 'passphrase' });
    await confirm();
    expect((await screen.findByTestId('sign-out-unsent')).textContent).toContain(strings.unsentUnknown);
  });
});

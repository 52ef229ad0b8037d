import { fireEvent, render, screen } from '@testing-library/svelte';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { useBackend, type Backend } from '../backend';
import { createFake, type FakeOptions } from '../backend/fake';
import { ERRORS } from '../errors/error-table';
import { outbox } from '../outbox/outbox.svelte';
import { strings } from '../strings/session';
import SignInAgain from './SignInAgain.svelte';
import { session } from './session.svelte';

let stop: (() => void) | null = null;

async function show(options: Partial<FakeOptions> = {}): Promise<Backend> {
  const fake = createFake({ phase: 'open', problem: 'session_expired', ...options });
  await useBackend(fake);
  stop = await session.begin();
  render(SignInAgain);
  return fake;
}

const email = (): HTMLInputElement => screen.getByTestId('sign-in-again-email');
const password = (): HTMLInputElement => screen.getByTestId('sign-in-again-password');

async function open(): Promise<void> {
  await fireEvent.click(screen.getByTestId('sign-in-again'));
  await screen.findByTestId('sign-in-again-submit');
}

async function submit(typed = 'a long password'): Promise<void> {
  await fireEvent.input(password(), { target: { value: typed } });
  await fireEvent.submit(password().closest('form') ?? document.body);
}

afterEach(() => {
  stop?.();
  stop = null;
});

describe('signing in again', () => {
  it('says that what is here is kept, fills in who it was, and goes on', async () => {
    const fake = await show();
    expect(screen.getByTestId('session-expired').textContent).toContain(strings.expiredText);
    const signInAgain = vi.spyOn(fake, 'signInAgain');
    await open();
    expect(email().value).toBe(session.view.me.email);
    await submit();
    await vi.waitFor(() => expect(screen.queryByTestId('sign-in-again-submit')).toBeNull());
    expect(signInAgain.mock.calls).toEqual([[{ email: session.view.me.email, password: 'a long password' }]]);
    expect((await fake.syncStatus()).problem).toBeNull();
    expect(session.phase).toBe('open');
  });

  it('says how many changes wait for it', async () => {
    await show({ waitingEdits: 3 });
    const letGo = outbox.begin();
    await open();
    expect((await screen.findByTestId('sign-in-again-edits')).textContent).toBe(strings.waitsForSignIn(3));
    letGo();
  });

  it('changes nothing for anybody else, and says so', async () => {
    const fake = await show();
    await open();
    await fireEvent.input(email(), { target: { value: 'somebody@else.example' } });
    await submit();
    const error = await screen.findByTestId('sign-in-again-error');
    expect(error.textContent).toContain(ERRORS.another_member.title);
    expect(session.phase).toBe('open');
    expect((await fake.syncStatus()).problem?.code).toBe('session_expired');
  });

  it('keeps no password once it was cancelled', async () => {
    await show();
    await open();
    await submit('wrong');
    await screen.findByTestId('sign-in-again-error');
    await fireEvent.click(screen.getByText('Cancel'));
    await vi.waitFor(() => expect(screen.queryByTestId('sign-in-again-submit')).toBeNull());
    await open();
    expect(password().value).toBe('');
    expect(screen.queryByTestId('sign-in-again-error')).toBeNull();
  });
});

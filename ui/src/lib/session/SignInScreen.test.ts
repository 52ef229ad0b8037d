import { fireEvent, render, screen } from '@testing-library/svelte';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { useBackend } from '../backend';
import { createFake, type FakeOptions } from '../backend/fake';
import type { ErrorCode } from '../bindings/ErrorCode';
import { ERRORS } from '../errors/error-table';
import { strings } from '../strings/session';
import SignInScreen from './SignInScreen.svelte';
import { session } from './session.svelte';

let stop: (() => void) | null = null;

async function show(options: Partial<FakeOptions> = {}): Promise<void> {
  await useBackend(createFake({ phase: 'signed_out', ...options }));
  stop = await session.begin();
  render(SignInScreen);
}

async function fill(testid: string, value: string): Promise<void> {
  await fireEvent.input(screen.getByTestId(testid), { target: { value } });
}

async function signIn(password = 'a long password'): Promise<void> {
  await fill('signin-email', 'asha@lumen.example');
  await fill('signin-password', password);
  await fireEvent.submit(screen.getByTestId('signin-submit').closest('form') ?? document.body);
}

afterEach(() => {
  stop?.();
  stop = null;
});

describe('signing in', () => {
  it('opens the desk', async () => {
    await show();
    await signIn();
    await vi.waitFor(() => expect(session.phase).toBe('open'));
  });

  const CODES: ErrorCode[] = [
    'unknown_host',
    'certificate_expired',
    'tls_too_old',
    'server_unreachable',
    'insecure_server_url',
  ];
  it.each(CODES)('%s has its own message', async (code) => {
    await show({ signInError: code });
    await signIn();
    const notice = await screen.findByTestId('signin-error');
    expect(notice.dataset['code']).toBe(code);
    expect(notice.textContent).toContain(ERRORS[code].title);
    expect(session.phase).toBe('signed_out');
  });

  it('a wrong password keeps what was typed, with the password selected', async () => {
    await show();
    await signIn('wrong');
    expect((await screen.findByTestId('signin-error')).dataset['code']).toBe('invalid_credentials');
    expect(document.activeElement).toBe(screen.getByTestId('signin-password'));
    expect(screen.getByTestId<HTMLInputElement>('signin-email').value).toBe('asha@lumen.example');
  });

  it('asks for a passphrase where there is no keyring, and takes no short one', async () => {
    await show({ keyStore: 'passphrase' });
    await fill('signin-passphrase', 'too short');
    await fill('signin-passphrase-again', 'too short');
    await signIn();
    expect(screen.getByTestId<HTMLButtonElement>('signin-submit').disabled).toBe(true);
    await fill('signin-passphrase', 'twelve or more');
    await fill('signin-passphrase-again', 'twelve or more');
    await signIn();
    await vi.waitFor(() => expect(session.phase).toBe('open'));
  });

  it('takes a passphrase by choice where there is a keyring, and says what it means', async () => {
    await show();
    expect(screen.queryByTestId('signin-passphrase')).toBeNull();
    await fireEvent.click(screen.getByTestId('signin-use-passphrase'));
    expect(screen.getByText(strings.passphraseChosenHint)).toBeTruthy();
    await signIn();
    expect(session.phase).toBe('signed_out');
    await fill('signin-passphrase', 'twelve or more');
    await fill('signin-passphrase-again', 'twelve or more');
    await signIn();
    await vi.waitFor(() => expect(session.phase).toBe('open'));
    expect(session.view.key_store).toBe('passphrase');
  });

  it('a choice that was taken back puts the key in the keyring', async () => {
    await show();
    await fireEvent.click(screen.getByTestId('signin-use-passphrase'));
    await fill('signin-passphrase', 'twelve or more');
    await fireEvent.click(screen.getByTestId('signin-use-passphrase'));
    await signIn();
    await vi.waitFor(() => expect(session.phase).toBe('open'));
    expect(session.view.key_store).toBe('keyring');
  });

  it('asks for one too when the keyring turns out to be gone', async () => {
    await show({ signInError: 'passphrase_needed' });
    expect(screen.queryByTestId('signin-passphrase')).toBeNull();
    await signIn();
    expect(await screen.findByTestId('signin-passphrase')).toBeTruthy();
  });
});

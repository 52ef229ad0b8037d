// The sign-in form: what is typed, what is missing, and what came of it.

import { asErrorView } from '../backend';
import type { ErrorCode } from '../bindings/ErrorCode';
import type { ErrorView } from '../bindings/ErrorView';
import type { StartView } from '../bindings/StartView';
import { session } from './session.svelte';

/** As the desk demands it. */
export const PASSPHRASE_MIN = 12;

/** These say that a passphrase is wanted after all: the keyring was there at the start and is not now. */
const WANTS_PASSPHRASE: readonly ErrorCode[] = ['passphrase_needed', 'passphrase_too_short'];

export class SignInForm {
  serverUrl = $state('');
  email = $state('');
  password = $state('');
  passphrase = $state('');
  passphraseAgain = $state('');
  error = $state.raw<ErrorView | null>(null);
  isBusy = $state(false);
  needsPassphrase = $state(false);

  readonly isPassphraseLong = $derived(Array.from(this.passphrase).length >= PASSPHRASE_MIN);
  readonly isComplete = $derived(
    this.serverUrl.trim() !== '' &&
      this.email.trim() !== '' &&
      this.password !== '' &&
      (!this.needsPassphrase || (this.isPassphraseLong && this.passphrase === this.passphraseAgain)),
  );

  constructor(start: StartView | null) {
    this.serverUrl = start?.server_url ?? '';
    this.email = start?.prefill_email ?? '';
    this.password = start?.prefill_password ?? '';
    this.needsPassphrase = start?.key_store === 'passphrase';
  }

  async submit(): Promise<void> {
    if (this.isBusy || !this.isComplete) return;
    this.isBusy = true;
    this.error = null;
    try {
      await session.signIn({
        server_url: this.serverUrl.trim(),
        email: this.email.trim(),
        password: this.password,
        passphrase: this.needsPassphrase ? this.passphrase : null,
      });
      this.forget();
    } catch (reason) {
      this.error = asErrorView(reason);
      if (WANTS_PASSPHRASE.includes(this.error.code)) this.needsPassphrase = true;
    } finally {
      this.isBusy = false;
    }
  }

  /** Secrets are not kept a moment longer than the form is shown. */
  forget(): void {
    this.password = '';
    this.passphrase = '';
    this.passphraseAgain = '';
  }
}

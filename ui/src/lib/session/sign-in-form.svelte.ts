// The sign-in form: what is typed, what is missing, and what came of it.

import { asErrorView } from '../backend';
import type { ErrorView } from '../bindings/ErrorView';
import type { StartView } from '../bindings/StartView';
import { session } from './session.svelte';

/** As the desk demands it. */
export const PASSPHRASE_MIN = 12;

export class SignInForm {
  serverUrl = $state('');
  email = $state('');
  password = $state('');
  passphrase = $state('');
  passphraseAgain = $state('');
  error = $state.raw<ErrorView | null>(null);
  isBusy = $state(false);
  /** There is a keyring, so that a passphrase is a choice. */
  hasKeyring = $state(true);
  /** A passphrase was chosen although there is a keyring. */
  prefersPassphrase = $state(false);

  readonly needsPassphrase = $derived(!this.hasKeyring || this.prefersPassphrase);

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
    this.hasKeyring = start?.key_store !== 'passphrase';
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
      // The keyring was there at the start and is not now.
      if (this.error.code === 'passphrase_needed') this.hasKeyring = false;
    } finally {
      this.isBusy = false;
    }
  }

  choosePassphrase(isChosen: boolean): void {
    this.prefersPassphrase = isChosen;
    if (isChosen) return;
    this.passphrase = '';
    this.passphraseAgain = '';
  }

  /** Secrets are not kept a moment longer than the form is shown. */
  forget(): void {
    this.password = '';
    this.passphrase = '';
    this.passphraseAgain = '';
  }
}

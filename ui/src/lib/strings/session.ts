import { counted } from '../format/number';

export const strings = {
  product: 'Frontdesk',
  signInTitle: 'Sign in',
  signInLead: 'Your studio’s leads and inbox, on this computer.',
  server: 'Server address',
  serverHint: 'As your studio’s administrator gave it to you',
  email: 'E-mail',
  password: 'Password',
  passphrase: 'Passphrase for this computer',
  passphraseHint:
    'This computer has no keyring, so a passphrase encrypts what is kept here. At least 12 characters; nobody can recover it.',
  usePassphrase: 'Use a passphrase instead of the keyring',
  passphraseChosenHint:
    'Asked for at each start and each unlock; no key is put in the keyring. At least 12 characters; nobody can recover it.',
  passphraseAgain: 'Passphrase again',
  passphraseDiffers: 'The two are not the same.',
  passphraseShort: (left: number) => `${counted(left, 'character', 'characters')} more`,
  signIn: 'Sign in',
  signingIn: 'Signing in…',
  signedOutElsewhere: 'You were signed out, and the data on this computer was erased. Sign in to fetch it again.',
  encrypted: 'Everything kept on this computer is encrypted',
  dot: ' · ',
  lockedTitle: 'Locked',
  lockedLead: 'Your data here is encrypted and closed.',
  unlock: 'Unlock',
  unlocking: 'Unlocking…',
  unlockPassphrase: 'Passphrase',
  startFailedTitle: 'Frontdesk can’t start',
  forgetLink: 'Sign out of this computer instead',
  forgetTitle: 'Sign out?',
  forgetText:
    'The encrypted data and its key are erased from this computer. Everything stays on the server and comes back when you sign in. Data that can’t be read is not erased: it is set aside with its key, and support may still open it.',
  forgetConfirm: 'Erase and sign out',
} as const;

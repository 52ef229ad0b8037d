import type { UnsentCounts } from '../bindings/UnsentCounts';
import { counted } from '../format/number';

/** What the server has not got, in words. */
function amount({ audit, edits, drafts }: UnsentCounts): string {
  const parts = [
    edits > 0 ? counted(edits, 'change', 'changes') : '',
    drafts > 0 ? counted(drafts, 'draft', 'drafts') : '',
    audit > 0 ? counted(audit, 'audit entry', 'audit entries') : '',
  ];
  const said = parts.filter((part) => part !== '');
  return said.length > 2 ? `${said.slice(0, -1).join(', ')} and ${said.at(-1) ?? ''}` : said.join(' and ');
}

const isOne = ({ audit, edits, drafts }: UnsentCounts): boolean => audit + edits + drafts === 1;

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
  expiredText: 'Signed out by the server. Sign in again to go on; what is on this computer is kept.',
  expiredAct: 'Sign in again',
  signInAgainTitle: 'Sign in again',
  signInAgainText: 'What is on this computer stays, and the sync goes on where it stopped.',
  signedOutElsewhere: 'You were signed out, and the data on this computer was erased. Sign in to fetch it again.',
  lost: (counts: UnsentCounts) =>
    `${amount(counts)} of this computer never reached the server and ${isOne(counts) ? 'is' : 'are'} lost.`,
  lostUnknown: 'Whether changes or audit entries of this computer had yet to be sent is not known.',
  setAside: 'The data on this computer could not be read, so it was not erased. It is kept, with its key, in',
  setAsideAdvice:
    'Sign in to fetch everything from the server. Leave the folder as it is until support has looked at it.',
  encrypted: 'Everything kept on this computer is encrypted',
  dot: ' · ',
  lockedTitle: 'Locked',
  lockedLead: 'Your data here is encrypted and closed.',
  lockedAltered:
    'The Frontdesk data on this computer was changed from outside, or a disk lost some of it, so it was closed. Unlock to have it made good: what you had not sent is kept.',
  unlock: 'Unlock',
  unlocking: 'Unlocking…',
  unlockPassphrase: 'Passphrase',
  startFailedTitle: 'Frontdesk can’t start',
  forgetLink: 'Sign out of this computer instead',
  forgetTitle: 'Sign out?',
  forgetText:
    'The encrypted data and its key are erased from this computer. Everything stays on the server and comes back when you sign in. Data that can’t be read is not erased: it is set aside with its key, and support may still open it.',
  signOutConfirm: 'Erase and sign out',
  unsent: (counts: UnsentCounts) =>
    `${amount(counts)} of this computer ${isOne(counts) ? 'is' : 'are'} not on the server. If you sign out now, ${isOne(counts) ? 'it is' : 'they are'} lost.`,
  /** Changes that are not on the server: they are only here. */
  unsentEdits: (n: number) =>
    n === 1
      ? '1 change of this computer is not on the server yet. If you sign out now, it is lost.'
      : `${counted(n, 'change', 'changes')} of this computer are not on the server yet. If you sign out now, they are lost.`,
  unsentEditsAdvice: 'To keep them, cancel and look at the outbox.',
  waitsForSignIn: (n: number) =>
    `${counted(n, 'change', 'changes')} of this computer ${n === 1 ? 'waits' : 'wait'}, and ${n === 1 ? 'is' : 'are'} sent once you have signed in. Signing out instead loses ${n === 1 ? 'it' : 'them'}.`,
  loseEditsConfirm: (n: number) => `Lose ${counted(n, 'change', 'changes')} and sign out`,
  /** Drafts leave this computer only when somebody sends them. */
  unsentAdvice: ({ audit, edits, drafts }: UnsentCounts) =>
    [
      audit + edits > 0
        ? 'To keep what waits, cancel and sign out when the server can be reached and nothing is left in the outbox.'
        : '',
      drafts > 0 ? 'To keep a draft, cancel and send it.' : '',
    ]
      .filter((advice) => advice !== '')
      .join(' '),
  unsentUnknown:
    'Frontdesk is locked, so it can’t tell whether changes or audit entries of this computer have yet to be sent. If so, they are lost when you sign out now.',
  unsentUnknownAdvice: 'To be sure, cancel, unlock, and sign out in the settings.',
  loseConfirm: (counts: UnsentCounts | null) =>
    counts === null ? 'Sign out anyway' : `Lose ${amount(counts)} and sign out`,
} as const;

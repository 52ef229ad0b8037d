// One wording and one action for each thing that can go wrong. The record is exhaustive: a new code does not compile
// until it has its words.

import type { ErrorCode } from '../bindings/ErrorCode';
import type { ErrorView } from '../bindings/ErrorView';

/**
 * What the button beside the words does: the same again, or going back to where one signs in or unlocks. `none` where
 * only something outside the window, or another input, helps.
 */
export type ErrorAction = 'retry' | 'reopen' | 'none';

export interface ErrorWording {
  title: string;
  /** What to do, in a sentence. */
  advice: string;
  action: ErrorAction;
}

/**
 * Nothing reached a server, so that nobody else has heard of it: an id would lead nowhere, and the advice says what to do.
 * Or nothing failed, and the studio is only as it is.
 */
const UNREPORTED: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'invalid_server_url',
  'insecure_server_url',
  'unknown_host',
  'server_unreachable',
  'certificate_expired',
  'certificate_not_yet_valid',
  'certificate_untrusted',
  'tls_too_old',
  'session_expired',
  'another_member',
  'last_owner',
  'already_member',
  'already_invited',
  'mail_not_configured',
  'not_allowed',
]);

/** The id by which somebody can look it up, where there is one to ask. */
export function reportIdOf(error: ErrorView): string | null {
  return UNREPORTED.has(error.code) ? null : error.report_id;
}

export const ERRORS: Readonly<Record<ErrorCode, ErrorWording>> = {
  invalid_credentials: {
    title: 'The e-mail or the password is wrong',
    advice: 'Check both and try again.',
    action: 'none',
  },
  already_signed_in: {
    title: 'Somebody is signed in on this computer already',
    advice: 'Close this window and open Frontdesk again. To change the account, sign out first.',
    action: 'none',
  },
  invalid_server_url: {
    title: 'This is not a server address',
    advice: 'It should look like https://desk.example.com.',
    action: 'none',
  },
  insecure_server_url: {
    title: 'This address is not encrypted',
    advice: 'Use the https address. Plain http works only for a server on this computer.',
    action: 'none',
  },
  unknown_host: {
    title: 'No server has this name',
    advice: 'Check the spelling of the address, and that this computer is on the network.',
    action: 'retry',
  },
  server_unreachable: {
    title: 'The server does not answer',
    advice: 'Check your connection, then try again. What is on this computer stays usable.',
    action: 'retry',
  },
  certificate_expired: {
    title: 'The server’s certificate has expired',
    advice: 'Nothing was sent. Tell whoever runs the server to renew it, and check that this computer’s date is right.',
    action: 'retry',
  },
  certificate_not_yet_valid: {
    title: 'The server’s certificate is not valid yet',
    advice: 'As a rule this computer’s clock is wrong. Set the date and time, then try again.',
    action: 'retry',
  },
  certificate_untrusted: {
    title: 'The server can’t prove who it is',
    advice: 'Nothing was sent. Check the address, and do not go on from a network you don’t know.',
    action: 'retry',
  },
  tls_too_old: {
    title: 'The server’s encryption is too old',
    advice: 'It does not speak TLS 1.3, so nothing was sent. Tell whoever runs the server to update it.',
    action: 'none',
  },
  server_failed: {
    title: 'The server made a mistake',
    advice: 'Try again in a minute. If it stays, send the report id to whoever runs the server.',
    action: 'retry',
  },
  too_many_requests: {
    title: 'Too many tries',
    advice: 'Wait a minute, then try again.',
    action: 'retry',
  },
  session_revoked: {
    title: 'This device was signed out',
    advice: 'Somebody revoked it in the device list, or removed you from the studio. Sign in again to go on.',
    action: 'reopen',
  },
  session_expired: {
    title: 'Signed out by the server',
    advice:
      'The sign-in has run out, or the server no longer knows it. Sign in again to go on; what is on this computer is kept.',
    action: 'none',
  },
  another_member: {
    title: 'What is on this computer is another member’s',
    advice:
      'Sign in with the address it was fetched with. To change the account, sign out in Settings → Security first.',
    action: 'none',
  },
  passphrase_needed: {
    title: 'A passphrase is needed',
    advice: 'This computer has no keyring, so a passphrase of yours protects the data kept here.',
    action: 'none',
  },
  passphrase_too_short: {
    title: 'The passphrase is too short',
    advice: 'Use at least 12 characters. A few words in a row are easy to remember.',
    action: 'none',
  },
  passphrase_wrong: {
    title: 'The passphrase is wrong',
    advice: 'Try again. It is the one you chose when you signed in on this computer.',
    action: 'none',
  },
  keyring_locked: {
    title: 'This computer’s keyring is locked',
    advice: 'Unlock it in your system’s password settings, then try again. Nothing was lost.',
    action: 'retry',
  },
  keyring_unavailable: {
    title: 'This computer’s keyring does not answer',
    advice: 'Log in to the desktop again, or start its keyring service, then try again. Nothing was lost.',
    action: 'retry',
  },
  key_missing: {
    title: 'The key to the data on this computer is missing',
    advice: 'The data is untouched, and no new key was made. Restore the keyring, or sign out to fetch it anew.',
    action: 'retry',
  },
  key_wrong: {
    title: 'The key does not open the data on this computer',
    advice: 'The data is untouched. Restore the keyring it was made with, or sign out to fetch everything anew.',
    action: 'retry',
  },
  cache_damaged: {
    title: 'The data on this computer is damaged',
    advice: 'The file was kept and nothing was deleted. Send the report id to support before you sign out.',
    action: 'retry',
  },
  cache_too_new: {
    title: 'The data was written by a newer Frontdesk',
    advice: 'Install the newest version. Your data is untouched.',
    action: 'none',
  },
  disk_full: {
    title: 'The disk is full',
    advice: 'Free some space, then try again. Nothing that was saved is lost.',
    action: 'retry',
  },
  lease_over: {
    title: 'Connect to go on',
    advice:
      'This computer has not reached the server for too long, or its clock was set back. Connect to the internet, then try again. Nothing that you did here is lost.',
    action: 'retry',
  },
  cache_busy: {
    title: 'Another program works on the data of this computer',
    advice: 'Close it, or wait until it is done, then try again.',
    action: 'retry',
  },
  cache_unavailable: {
    title: 'The data on this computer can’t be reached',
    advice: 'Check that its folder may be read and written and that no other Frontdesk is running, then try again.',
    action: 'retry',
  },
  malformed_feed: {
    title: 'The server sent something that can’t be read',
    advice: 'Nothing here was changed. Install the newest version; if it stays, send the report id to support.',
    action: 'retry',
  },
  export_forbidden: {
    title: 'Your role may not export',
    advice: 'Ask a manager, an owner or an admin of your studio.',
    action: 'none',
  },
  export_failed: {
    title: 'The file could not be written',
    advice: 'Choose another folder, or check that there is space and that you may write there.',
    action: 'retry',
  },
  import_empty: {
    title: 'There is no row in this file',
    advice: 'Choose another one.',
    action: 'none',
  },
  import_not_text: {
    title: 'This is not a CSV file',
    advice: 'Open it in the program it comes from, save the table as CSV, and choose that.',
    action: 'none',
  },
  import_unreadable: {
    title: 'The file could not be read',
    advice: 'Check that it is still there and that you may open it.',
    action: 'none',
  },
  import_changed: {
    title: 'The file was changed meanwhile',
    advice: 'Choose it again, so that you see what is in it now.',
    action: 'none',
  },
  last_owner: {
    title: 'A studio keeps at least one owner',
    advice: 'Make somebody else an owner first.',
    action: 'none',
  },
  already_member: {
    title: 'This address is a member already',
    advice: 'Look for it in the list of members. To change what they may do, change their role.',
    action: 'none',
  },
  already_invited: {
    title: 'This address was invited already',
    advice: 'Send that invitation again, or withdraw it first to invite to another role.',
    action: 'none',
  },
  mail_not_configured: {
    title: 'The server sends no mail',
    advice: 'Ask whoever runs the server to set up mail. Until then nobody can be invited.',
    action: 'none',
  },
  locked: {
    title: 'Frontdesk is locked',
    advice: 'Unlock it to go on.',
    action: 'reopen',
  },
  signed_out: {
    title: 'You are signed out',
    advice: 'Sign in to go on.',
    action: 'reopen',
  },
  not_found: {
    title: 'It is no longer here',
    advice: 'It was deleted, or you may no longer see it.',
    action: 'none',
  },
  not_allowed: {
    title: 'Your role may not do this',
    advice: 'Nothing was changed. Your role may have become another a moment ago; an owner of your studio can help.',
    action: 'none',
  },
  invalid_input: {
    title: 'Something in this can’t be used',
    advice: 'Change it and try again.',
    action: 'none',
  },
  internal: {
    title: 'Something went wrong in Frontdesk',
    advice: 'Try again. If it stays, send the report id to support.',
    action: 'retry',
  },
};

// How the desk in memory is steered: by options in tests, by words in the address in a browser.

import type { Healed } from '../bindings/Healed';
import type { SubscriptionStatus } from '../bindings/SubscriptionStatus';
import type { ErrorCode } from '../bindings/ErrorCode';
import type { FirstSync } from '../bindings/FirstSync';
import type { KeyStore } from '../bindings/KeyStore';
import type { OutboxRefusal } from '../bindings/OutboxRefusal';
import type { LeadState } from '../bindings/LeadState';
import type { Phase } from '../bindings/Phase';

export interface FakeOptions {
  phase: Phase;
  keyStore: KeyStore;
  leads: number;
  open: number;
  /** Signed in as a salesperson, who may not export. */
  isSales: boolean;
  /** Signed in as an owner, who may see what the studio pays and manages members; as an admin, who may too. */
  isOwner: boolean;
  isAdmin: boolean;
  /** Where the subscription stands; null where none is recorded. */
  billing: SubscriptionStatus | null;
  /** The subscription is not continued. */
  isCanceling: boolean;
  /** The server sends no mail. */
  hasNoMail: boolean;
  isOffline: boolean;
  isConnecting: boolean;
  firstSync: FirstSync | null;
  /** Moves the first sync forward by itself. */
  firstSyncRuns: boolean;
  unreadableChanges: number;
  /** Audit entries that can't be sent. */
  unsentAudit: number;
  /** Edits of this device that were made before the start and wait. */
  waitingEdits: number;
  /** Some were refused before the start; one waits behind them. */
  hasRefused: boolean;
  /** How many leads were archived or deleted before the start. */
  putAway: number;
  /** Where the first lead is, if not among the active. */
  isFirstPutAway: LeadState | null;
  /** In the first conversation a reply was refused, and another waits behind it. */
  hasRefusedReply: boolean;
  /** Something was typed in the second conversation. */
  hasDraft: boolean;
  /** Colleagues look at whatever is open. */
  isWatched: boolean;
  /** Fields of the first lead were changed by a colleague, too. */
  hasConflicts: boolean;
  /** One of the studio's own fields of it, too. */
  hasFieldConflict: boolean;
  /** What the server says of each edit that reaches it; null where it does them. */
  refusal: OutboxRefusal | null;
  /** A colleague changes each field just before an edit of it reaches the server. */
  isOvertaken: boolean;
  /** A colleague changed the first lead while it was open: it comes with the next sync. */
  hasColleague: boolean;
  /** The cache can't be read: signing out sets it aside. */
  isUnreadable: boolean;
  /** The desk opens, and locks because the cache is not as it was left. */
  isAltered: boolean;
  /** The server ends the session a moment after the start. */
  isRevoked: boolean;
  clockSkewMs: number | null;
  /** Signed in nowhere else, now or lately. */
  isOnlyDevice: boolean;
  /** Every answer takes this long. */
  latencyMs: number;
  /** The sync is stopped by this. */
  problem: ErrorCode | null;
  /** The cache was not as it was left. */
  healed: Healed | null;
  /** The start, sign-in, unlock, every reading call, or an export, fails with this. */
  startError: ErrorCode | null;
  signInError: ErrorCode | null;
  unlockError: ErrorCode | null;
  readError: ErrorCode | null;
  exportError: ErrorCode | null;
  /** Opening a file to import fails with this; a run of it half-way, with the other. */
  importError: ErrorCode | null;
  importRunError: ErrorCode | null;
  /** The file to import has headings that nobody knows. */
  isImportForeign: boolean;
  /** Every edit fails with this. */
  editError: ErrorCode | null;
  revokeError: ErrorCode | null;
  /** What is done about members and invitations fails with this; the list, with the other. */
  memberError: ErrorCode | null;
  memberListError: ErrorCode | null;
  /** Saving one of the studio's own fields fails with this. */
  fieldError: ErrorCode | null;
  now: number;
}

export const DEFAULTS: Omit<FakeOptions, 'now'> = {
  phase: 'open',
  keyStore: 'keyring',
  leads: 8412,
  open: 14,
  isSales: false,
  isOwner: false,
  billing: 'active',
  isCanceling: false,
  isAdmin: false,
  hasNoMail: false,
  isOffline: false,
  isConnecting: false,
  firstSync: null,
  firstSyncRuns: false,
  unreadableChanges: 0,
  unsentAudit: 0,
  waitingEdits: 0,
  hasRefused: false,
  putAway: 0,
  isFirstPutAway: null,
  hasRefusedReply: false,
  hasDraft: false,
  isWatched: false,
  hasConflicts: false,
  hasFieldConflict: false,
  refusal: null,
  isOvertaken: false,
  hasColleague: false,
  isUnreadable: false,
  isAltered: false,
  isRevoked: false,
  isOnlyDevice: false,
  clockSkewMs: null,
  latencyMs: 0,
  problem: null,
  healed: null,
  startError: null,
  signInError: null,
  unlockError: null,
  readError: null,
  exportError: null,
  importError: null,
  importRunError: null,
  isImportForeign: false,
  editError: null,
  revokeError: null,
  memberError: null,
  memberListError: null,
  fieldError: null,
};

/**
 * Reads the address: `?fake=offline,sales&leads=100000&open=500&latency=300&fail=disk_full&signin=unknown_host`
 * `&start=keyring_locked&unlock=passphrase_wrong&problem=session_expired&export=export_failed&revoke=server_failed`
 * `&member=last_owner&members=server_failed&field=server_failed&edit=disk_full&edits=3&refuse=forbidden`. Words for `fake`: signed-out, locked, passphrase, offline, connecting,
 * first-sync, first-sync-offline, empty, sales, owner, admin, canceling, no-mail, unreadable, skew, unsent, set-aside,
 * altered, revoked, one-device, refused, refused-reply, draft, watched, conflict, field-conflict, overtaken, colleague, archived, deleted (the first lead), older-copy,
 * rebuilt, foreign (a file to import whose headings nobody knows). `&import=import_empty&importing=disk_full` are what opening such a
 * file and adding its rows fail with. `away` is how many leads were put away, `edits` how many edits wait, `refuse` what the server says of
 * each: not_found, forbidden, busy, or the field that is invalid. `billing=past_due` is where the subscription stands, `none` that there is none.
 */
export function optionsFromLocation(search: string): Partial<FakeOptions> {
  const query = new URLSearchParams(search);
  const words = new Set((query.get('fake') ?? '').split(','));
  const number = (key: string, otherwise: number): number => Number(query.get(key) ?? otherwise);
  const code = (key: string): ErrorCode | null => query.get(key) as ErrorCode | null;
  const isFirstSync = words.has('first-sync') || words.has('first-sync-offline');
  const isEmpty = words.has('empty');
  const billing = query.get('billing');
  return {
    phase: words.has('signed-out') ? 'signed_out' : words.has('locked') ? 'locked' : 'open',
    keyStore: words.has('passphrase') ? 'passphrase' : 'keyring',
    leads: isEmpty ? 0 : number('leads', DEFAULTS.leads),
    open: isEmpty ? 0 : number('open', DEFAULTS.open),
    isSales: words.has('sales'),
    isOwner: words.has('owner'),
    billing: billing === 'none' ? null : ((billing as SubscriptionStatus | null) ?? DEFAULTS.billing),
    isCanceling: words.has('canceling'),
    isAdmin: words.has('admin'),
    hasNoMail: words.has('no-mail'),
    isOffline: words.has('offline') || words.has('first-sync-offline'),
    isConnecting: words.has('connecting'),
    firstSync: isFirstSync
      ? {
          rows_done: 41_200,
          rows_total: 110_000,
          rows_per_s: words.has('first-sync-offline') ? 0 : 5200,
          remaining_s: words.has('first-sync-offline') ? null : 13,
        }
      : null,
    firstSyncRuns: words.has('first-sync'),
    unreadableChanges: words.has('unreadable') ? 3 : 0,
    unsentAudit: words.has('unsent') ? 3 : 0,
    waitingEdits: number('edits', 0),
    hasRefused: words.has('refused'),
    putAway: number('away', 0),
    isFirstPutAway: words.has('archived') ? 'archived' : words.has('deleted') ? 'deleted' : null,
    hasRefusedReply: words.has('refused-reply'),
    hasDraft: words.has('draft'),
    isWatched: words.has('watched'),
    hasConflicts: words.has('conflict'),
    hasFieldConflict: words.has('field-conflict'),
    refusal: refusalOf(query.get('refuse')),
    isOvertaken: words.has('overtaken'),
    hasColleague: words.has('colleague'),
    isUnreadable: words.has('set-aside'),
    isAltered: words.has('altered'),
    isRevoked: words.has('revoked'),
    isOnlyDevice: words.has('one-device'),
    clockSkewMs: words.has('skew') ? -11 * 60_000 : null,
    latencyMs: number('latency', 0),
    problem: code('problem'),
    healed: words.has('older-copy')
      ? { at: 0, by: 'catching_up', missing: 2 }
      : words.has('rebuilt')
        ? { at: 0, by: 'rebuilding', missing: 0 }
        : null,
    startError: code('start'),
    signInError: code('signin'),
    unlockError: code('unlock'),
    readError: code('fail'),
    exportError: code('export'),
    importError: code('import'),
    importRunError: code('importing'),
    isImportForeign: words.has('foreign'),
    editError: code('edit'),
    revokeError: code('revoke'),
    memberError: code('member'),
    memberListError: code('members'),
    fieldError: code('field'),
  };
}

function refusalOf(word: string | null): OutboxRefusal | null {
  if (word === null || word === 'not_found' || word === 'forbidden') return word;
  return word === 'busy' ? { other: word } : { invalid: word };
}

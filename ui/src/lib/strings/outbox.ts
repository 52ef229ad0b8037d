// Words of the outbox: what was done here and is not on the server yet.

import { counted } from '../format/number';

export const strings = {
  title: 'Outbox',
  list: 'Changes of this computer',
  /** `Stage of Nora Zeisig`; the name is drawn by itself. */
  of: (field: string) => `${field} of`,
  goneLead: 'a lead that is gone',
  more: (n: number) => `and ${counted(n, 'other field', 'other fields')}`,
  to: '→',
  empty: 'empty',
  created: 'Added',
  merged: (duplicate: string) => `${duplicate} merged into`,
  replied: 'Reply to',
  unnamed: 'a lead',

  waiting: 'Waits to be sent',
  held: 'Waits for a refused one before it, of the same lead',
  refusedState: 'Refused',
  /** Why, and what to do. */
  refusals: {
    not_found: 'The lead was deleted, or is out of your sight. Copy what you need, then discard it.',
    forbidden: 'Your role may not do this. Ask a manager, or discard it.',
    lead_deleted: 'The lead was deleted. Copy what you need, then discard it.',
    invalid: 'The server can’t take this value. Edit it, or discard it.',
    invalidField: (field: string) => `The server can’t take this ${field}. Edit it, or discard it.`,
    createdInvalid: 'The server can’t take the lead as it is. Discard it, and add it again.',
    taken: 'The server has had a lead under this one’s id. Discard it and add it again.',
    too_large: 'It is too large for the server. Make it shorter, or discard it.',
    other: 'The server did not take it. Try again; if it stays, tell whoever runs the server.',
  },
  retry: 'Retry',
  edit: 'Edit',
  open: 'Open lead',
  openReply: 'Open',
  copy: 'Copy text',
  copied: 'Copied',
  copyFailed: 'The text could not be copied',
  discard: 'Discard',
  /** After the word of a button, for those who don’t see the row. */
  what: (field: string, name: string) => `${field} of ${name}`,

  discardTitle: 'Discard this change?',
  discardText:
    'It was never on the server. What you made of it here is lost, and the lead shows again what the server has.',
  discardTextCreated: 'It was never on the server. The lead goes from this computer, with all that was done to it.',
  discardTextReply: 'It was never sent. What you wrote is lost.',
  discardTextGone: 'It was never on the server, and the lead is gone. What you wrote is lost.',
  discardLost: 'Lost:',
  discardConfirm: 'Discard',
  discarded: 'Discarded',
  gone: 'It is not in the outbox any more',
  retried: 'Sent again',
  retriedOffline: 'Sent again as soon as the server can be reached',

  emptyTitle: 'Everything is on the server',
  emptyText: 'What you change while offline waits here until it is sent.',
  emptyOffline: 'What you change now waits here until the server can be reached.',
  offlineNote: 'Sent as soon as the server can be reached',
  refusedNote: (n: number) =>
    `${counted(n, 'change was', 'changes were')} refused. ${n === 1 ? 'It stays' : 'They stay'} until you retry, edit or discard ${n === 1 ? 'it' : 'them'}.`,
  conflictsNote: (n: number) =>
    `${counted(n, 'field', 'fields')} that you changed ${n === 1 ? 'was' : 'were'} changed by somebody else too. Decide on the lead’s page.`,
  changesTab: 'Changes',
  conflictsTab: 'To decide',
  tabs: 'Outbox',
  conflictList: 'Fields that somebody else changed too',
  yours: 'Yours:',
  theirs: 'Theirs:',
  decide: 'Decide',
  noConflictsTitle: 'Nothing to decide',
  noConflictsText: 'A field that you and somebody else changed to different things is listed here until it is decided.',
  /** Behind their number in the rail. */
  needYou: (n: number) => (n === 1 ? 'needs you' : 'need you'),
  wait: (n: number) => (n === 1 ? 'waits' : 'wait'),
  waitToBeSent: (n: number) => `${counted(n, 'change waits', 'changes wait')} to be sent`,
  wasRefused: (n: number) => `${counted(n, 'change was', 'changes were')} refused`,
} as const;

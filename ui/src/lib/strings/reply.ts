// Words of answering: the composer, and messages that are not on the server.

import { counted } from '../format/number';

export const strings = {
  label: (name: string) => `Reply to ${name}`,
  placeholder: (channel: string) => `Reply by ${channel}`,
  send: 'Send',
  queue: 'Queue',
  hint: 'Ctrl+Enter sends, Enter is a new line.',
  offline: 'Offline: it is kept here, and sent as soon as the server can be reached.',
  sent: 'Message added',
  queued: 'Kept here, and sent as soon as the server can be reached',
  nothingToSend: 'Write something first',
  tooLong: 'It is too long for one message',
  left: (bytes: number) => `${counted(bytes, 'byte', 'bytes')} left`,
  over: (bytes: number) => `${counted(bytes, 'byte', 'bytes')} too long for one message`,
  draftUnsaved: 'What you typed could not be saved yet. It is tried again with the next key.',
  draft: 'Draft',
  discardDraft: 'Discard draft',

  /** Why nobody is answered. */
  closed: {
    call_notes: 'Notes about calls are kept here. There is nobody to answer.',
    lead_deleted: 'The lead was deleted. Restore it to answer.',
  },
  closedRole: 'Your role may not answer leads.',

  waiting: 'Not sent yet',
  waitingTitle: 'Kept on this computer, and sent as soon as the server can be reached',
  held: 'Waits for the message above, which was not sent',
  takeBack: 'Undo',
  takeBackWhat: 'Undo: take this message back',
  tooLate: 'It can’t be taken back any more: it may have been sent',
  notSent: (reason: string) => `Not sent: ${reason}`,
  refusals: {
    not_found: 'the lead is gone, or with another member now.',
    forbidden: 'your role may not answer here.',
    lead_deleted: 'the lead was deleted.',
    invalid: 'the server can’t take this message here.',
    too_large: 'it is too large for the server.',
    other: 'the server did not take it.',
  },
  retry: 'Retry',
  copy: 'Copy text',
  copied: 'Copied',
  copyFailed: 'The text could not be copied',
  discard: 'Discard',
  gone: 'It is not in the outbox any more',
} as const;

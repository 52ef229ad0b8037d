// Words of the inbox and of threads.

import type { Channel } from '../bindings/Channel';
import type { DeliveryStatus } from '../bindings/DeliveryStatus';
import { counted } from '../format/number';

export const CHANNEL_NAMES: Readonly<Record<Channel, string>> = {
  whatsapp: 'WhatsApp',
  email: 'E-mail',
  sms: 'SMS',
  instagram: 'Instagram',
  web_chat: 'Web chat',
  call_note: 'Call',
};

export const DELIVERY_NAMES: Readonly<Record<DeliveryStatus, string>> = {
  queued: 'queued',
  sent: 'sent',
  delivered: 'delivered',
  read: 'read',
  failed: 'Not delivered',
  blocked: 'Not sent',
};

export const strings = {
  title: 'Inbox',
  folders: 'Folders',
  folderNames: {
    open: 'Open',
    mine: 'Mine',
    unassigned: 'Unassigned',
    unread: 'Unread',
    snoozed: 'Snoozed',
    archived: 'Archived',
  },
  moreFolders: 'More folders',
  list: 'Conversations',
  youPrefix: 'You: ',
  unread: (n: number) => `${counted(n, 'unread message', 'unread messages')}`,

  empty: {
    open: { title: 'Nothing open', text: 'Every conversation is archived or snoozed.' },
    mine: { title: 'Nothing is assigned to you', text: 'Open conversations assigned to you are here.' },
    unassigned: { title: 'Nothing is waiting for an owner', text: 'Open conversations without an owner are here.' },
    unread: { title: 'All read', text: 'New messages are here until they were shown.' },
    snoozed: { title: 'Nothing is snoozed', text: 'Snoozed conversations are here until they come back.' },
    archived: { title: 'Nothing is archived', text: 'Archived conversations are here.' },
  },
  emptyStudioTitle: 'No conversations yet',
  emptyStudio: 'As soon as somebody writes to the studio, the conversation is here.',
  syncingTitle: 'The first conversations are on their way',
  syncingText: 'The newest come first. You can read them as they come.',
  syncingOfflineTitle: 'No conversations on this computer yet',
  syncingOfflineText: 'The first sync goes on where it stopped as soon as the studio’s server can be reached.',
  showOpen: 'Show open conversations',

  thread: (name: string) => `Messages with ${name}`,
  noneOpen: 'Choose a conversation',
  noneOpenText: 'Move with J and K, open with Enter.',
  close: 'Close the conversation',
  loadingOlder: 'Loading older messages',
  startOfThread: 'The conversation begins here',
  historyIncomplete: 'Older messages are still being downloaded.',
  toNewest: 'Jump to the newest',
  newBelow: (n: number) => counted(n, 'new message', 'new messages'),
  /** Where one talks, and who answers. */
  channelLine: (channel: string, assignee: string | null) => `${channel} · ${assignee ?? 'unassigned'}`,
  channelLineTitle: (channel: string, assignee: string | null) =>
    assignee === null ? `On ${channel}, not assigned to anyone` : `On ${channel}, assigned to ${assignee}`,
  automatic: 'Automatic',
  youName: 'You',
  callNote: 'Call note',
  readWhole: 'Show the whole message',
  found: 'Found message',
  from: (who: string) => `${who}:`,
  failedTitle: 'Not delivered',
  blockedTitle: 'Not sent',
  movedTo: (who: string, stage: string, time: string) => `${who} moved the lead to ${stage}, ${time}`,
  movedBySystem: (stage: string, time: string) => `Moved to ${stage} automatically, ${time}`,
  enteredIn: (stage: string, time: string) => `Entered in ${stage}, ${time}`,
  messageMissing: 'That message is not on this computer. These are the newest.',
  newMessage: (name: string, text: string) => `New message from ${name}: ${text}`,
  newUnread: (n: number) => counted(n, 'unread conversation', 'unread conversations'),

  contact: 'Contact',
  conversation: 'Conversation',
  openLead: 'Open lead',
  notFoundTitle: 'This conversation is not on this computer',
  notFoundText: 'It may have been deleted, or be with another member of the studio now.',
} as const;

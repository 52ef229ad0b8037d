// The status line and what it opens.

import { counted } from '../format/number';

export const strings = {
  starting: 'Starting…',
  connecting: 'Connecting…',
  syncing: 'Syncing…',
  stopped: 'Sync stopped',
  upToDate: (at: string) => `Up to date, ${at}`,
  offlineSince: (at: string) => `Offline since ${at}`,
  firstSync: (percent: string) => `First sync, ${percent}`,
  firstSyncLabel: 'First sync',
  firstSyncPaused: 'Goes on when the server is reached',
  detailsLabel: 'Sync details',
  lastUpToDate: (at: string) => `Last up to date: ${at}`,
  neverUpToDate: 'Not yet up to date: the first sync is still running.',
  everythingHere: 'Everything the server has is on this computer.',
  offlineWorks: 'Review, search and export work as usual. New messages come when the server is reached.',
  unreadable: (n: number) =>
    `${counted(n, 'change', 'changes')} from the server can’t be read by this version. ${n === 1 ? 'It is' : 'They are'} kept; install the newest Frontdesk to see ${n === 1 ? 'it' : 'them'}.`,
  unreadableShort: (n: number) => counted(n, 'change can’t be read', 'changes can’t be read'),
  clockAhead: (by: string) =>
    `This computer’s clock is ${by} ahead of the server’s. Set it right, so that times are true.`,
  clockBehind: (by: string) =>
    `This computer’s clock is ${by} behind the server’s. Set it right, so that times are true.`,
  clockShort: 'Clock is off',
  tryNow: 'Try now',
  syncNow: 'Sync now',
} as const;

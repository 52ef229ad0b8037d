// Words of merging two leads that are one person.

import { counted } from '../format/number';

export const strings = {
  merge: 'Merge',
  mergeWith: 'Merge with…',
  title: 'Merge two leads',
  explain: 'Two leads of one person become one.',
  find: 'Which lead is the same person?',
  findHint: 'Name, number or address',
  found: 'Leads',
  noneFound: 'No other lead matches.',
  archived: 'Archived',
  keep: 'Stays',
  goes: 'Goes to the bin',
  swap: 'Swap',
  other: 'Choose another',
  takesOver: 'What it takes over',
  takesNothing: 'It lacks nothing that the other holds.',
  conversations: (n: number) =>
    n === 0 ? 'No conversation comes along.' : `${counted(n, 'conversation comes', 'conversations come')} along.`,
  final:
    'A merge can’t be undone: which message was whose is not kept. The other lead stays in the bin with its own fields.',
  offline: 'You are offline: it is done here now, and on the server when it can be reached.',
  confirm: 'Merge',
  done: 'Merged',
  problems: {
    same: 'This is the same lead.',
    deleted: 'One of them is in the bin. Restore it first.',
    noRoom: (field: string) =>
      `There is no room for the ${field.toLocaleLowerCase('en-GB')} of both. Shorten one of them first.`,
  },
  twoOnly: 'Select exactly two leads to merge them',
  forbidden: 'Your role may not merge leads. Ask a manager, an owner or an admin.',
} as const;

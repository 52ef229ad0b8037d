// The data on this computer was not as it was left.

import { counted } from '../format/number';

export const strings = {
  olderCopy:
    'An older copy of this computer’s Frontdesk data was put back, from a backup perhaps. What it lacks comes from the server again.',
  rebuilt:
    'The Frontdesk data on this computer was changed from outside, or a disk lost some of it. It was made anew: what you had not sent is kept, the rest comes from the server again. The old files were set aside.',
  missing: (n: number) =>
    `${counted(n, 'change', 'changes')} made here since that copy ${n === 1 ? 'is' : 'are'} not in it: if ${n === 1 ? 'it' : 'they'} had not been sent, ${n === 1 ? 'it is' : 'they are'} lost.`,
  understood: 'Understood',
} as const;

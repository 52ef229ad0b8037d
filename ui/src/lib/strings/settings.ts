import type { SessionEnd } from '../bindings/SessionEnd';
import { counted } from '../format/number';

/** Why a device was signed out, and what to make of it. */
const ENDS: Record<SessionEnd, string> = {
  signed_out: 'Signed out there',
  revoked: 'Revoked',
  member_removed: 'Its member was removed',
  token_reused: 'Ended for safety: a copy of its sign-in was used',
  ran_out: 'Not used for 30 days',
  unknown: 'Ended',
};

export const strings = {
  title: 'Settings',
  sections: {
    appearance: 'Appearance',
    security: 'Security',
    fields: 'Fields',
    members: 'Members',
    billing: 'Billing',
    about: 'About',
  },

  theme: 'Theme',
  themes: { system: 'System', light: 'Light', dark: 'Dark' },
  density: 'Density',
  densities: { compact: 'Compact', comfortable: 'Comfortable' },
  densityNote: 'How tall the rows of lists are.',
  zoom: 'Zoom',
  zoomIn: 'Zoom in',
  zoomOut: 'Zoom out',
  zoomReset: 'Reset',
  percent: (zoom: number) => `${Math.round(zoom * 100)}%`,
  motionNote: 'Motion follows your system’s setting.',

  devices: 'Devices',
  devicesNote: 'Where your account is signed in. A revoked device is signed out, and its copy of the data is erased.',
  deviceColumns: { name: 'Device', system: 'System', seen: 'Last seen', act: 'Action' },
  thisDevice: 'This device',
  now: 'now',
  daysAgo: (days: number) => `${counted(days, 'day', 'days')} ago`,
  revoke: 'Revoke',
  revokeOf: (device: string) => `Revoke ${device}`,
  revokeTitle: (device: string) => `Revoke ${device}?`,
  revokeText: 'It is signed out at once, and erases its copy of the data as soon as it reaches the server.',
  revoked: (device: string) => `${device} was revoked`,
  revokeOthers: 'Revoke all others',
  revokeOthersTitle: 'Revoke all other devices?',
  revokeOthersText: (n: number) =>
    `${counted(n, 'device is', 'devices are')} signed out at once, and ${n === 1 ? 'erases its' : 'each erases its'} copy of the data as soon as it reaches the server. What was not sent from there yet is lost. This can’t be undone: to use one again, sign in on it. This computer stays signed in.`,
  othersRevoked: (n: number) =>
    n === 0 ? 'No other device was signed in' : `${counted(n, 'device was', 'devices were')} revoked`,
  ended: 'Signed out lately',
  endedNote:
    'Devices whose session ended in the last 30 days. One that ran out keeps its copy of the data until it is revoked.',
  revokeEndedText:
    'Nobody is signed in on it any more, but it may still hold its copy of the data. It erases that as soon as it reaches the server.',
  endedColumns: { why: 'Why', when: 'When' },
  ends: ENDS,
  endedAll: (n: number) => `Show all ${n}`,
  devicesOffline: 'The device list needs the server. It will be here when you are online again.',

  lock: 'Lock',
  lockAfter: 'Lock when idle',
  lockMinutes: (minutes: number) => (minutes === 0 ? 'Never' : `After ${counted(minutes, 'minute', 'minutes')}`),
  lockNote: 'Locking closes the data and wipes its key from memory.',
  keyInKeyring: 'The key is in this computer’s keyring.',
  keyInPassphrase: 'The key is protected by your passphrase. Nobody can recover it.',
  lockNow: 'Lock now',
  lockWithScreen: 'Lock when this computer locks its screen or goes to sleep',

  signOut: 'Sign out',
  signOutText:
    'Erases the leads, messages and key on this computer, and ends this device’s session. Everything stays on the server and comes back when you sign in.',
  signOutOffline:
    'The server can’t be reached now. This computer is erased all the same; the session ends on the server when it runs out, or when you revoke the device.',
  signOutTitle: 'Sign out of this computer?',

  version: 'Version',
  studio: 'Studio',
  timeZone: 'Time zone',
  account: 'Account',
  role: 'Role',
  server: 'Server',
  onThisComputer: 'On this computer',
  leadsHere: (n: number) => counted(n, 'lead', 'leads'),
  encrypted: 'Encrypted with a key of its own. Nothing is sent anywhere but to your studio’s server.',
  shortcuts: 'Keyboard shortcuts',
  showShortcuts: 'Show all',
} as const;

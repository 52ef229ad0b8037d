import { counted } from '../format/number';

export const strings = {
  title: 'Settings',
  sections: { appearance: 'Appearance', security: 'Security', members: 'Members', about: 'About' },

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

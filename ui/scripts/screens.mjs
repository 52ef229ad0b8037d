// Every screen and state that the accessibility run looks at: an address in the build with the desk in memory, and what
// to do there first.

const testid = (id) => `[data-testid="${id}"]`;

/** @typedef {{ name: string, at: string, until: string, act?: (page: import('playwright-core').Page) => Promise<void> }} Screen */

/** @type {Screen[]} */
export const SCREENS = [
  { name: 'sign-in', at: '?fake=signed-out', until: testid('signin-submit') },
  { name: 'sign-in-passphrase', at: '?fake=signed-out,passphrase', until: testid('signin-passphrase') },
  {
    name: 'sign-in-refused',
    at: '?fake=signed-out&signin=certificate_expired',
    until: testid('signin-submit'),
    act: async (page) => {
      await page.fill(testid('signin-email'), 'asha@lumen.example');
      await page.fill(testid('signin-password'), 'a long password');
      await page.click(testid('signin-submit'));
      await page.waitForSelector(testid('signin-error'));
    },
  },
  {
    name: 'sign-in-passphrase-chosen',
    at: '?fake=signed-out',
    until: testid('signin-submit'),
    act: async (page) => {
      await page.click(testid('signin-use-passphrase'));
      await page.waitForSelector(testid('signin-passphrase'));
    },
  },
  {
    name: 'sign-in-server-failed',
    at: '?fake=signed-out&signin=server_failed',
    until: testid('signin-submit'),
    act: async (page) => {
      await page.fill(testid('signin-email'), 'asha@lumen.example');
      await page.fill(testid('signin-password'), 'a long password');
      await page.click(testid('signin-submit'));
      await page.waitForSelector(testid('signin-error'));
    },
  },
  { name: 'start-failed', at: '?start=cache_damaged', until: testid('start-failed') },
  { name: 'lock', at: '?fake=locked', until: testid('unlock-submit') },
  { name: 'lock-passphrase', at: '?fake=locked,passphrase', until: testid('unlock-passphrase') },
  {
    name: 'lock-refused',
    at: '?fake=locked&unlock=keyring_locked',
    until: testid('unlock-submit'),
    act: async (page) => {
      await page.click(testid('unlock-submit'));
      await page.waitForSelector(testid('unlock-error'));
    },
  },
  {
    name: 'lock-sign-out',
    at: '?fake=locked',
    until: testid('forget-computer'),
    act: async (page) => {
      await page.click(testid('forget-computer'));
      await page.waitForSelector(testid('sign-out-confirm'));
    },
  },
  {
    name: 'lock-sign-out-unknown',
    at: '?fake=locked,passphrase',
    until: testid('forget-computer'),
    act: async (page) => {
      await page.click(testid('forget-computer'));
      await page.click(testid('sign-out-confirm'));
      await page.waitForSelector(testid('sign-out-unsent'));
    },
  },
  {
    name: 'signed-out-set-aside',
    at: '?fake=locked,set-aside',
    until: testid('forget-computer'),
    act: async (page) => {
      await page.click(testid('forget-computer'));
      await page.click(testid('sign-out-confirm'));
      await page.waitForSelector(testid('departure-folder'));
    },
  },
  {
    name: 'signed-out-revoked',
    at: '?fake=revoked,unsent',
    until: testid('departure'),
  },

  { name: 'inbox', at: '#/inbox', until: testid('status-line') },
  { name: 'inbox-thread', at: '#/inbox/conversation-0000000', until: testid('status-line') },
  { name: 'inbox-long-thread', at: '#/inbox/conversation-0000005', until: testid('status-line') },
  {
    name: 'inbox-zoomed',
    at: '#/inbox/conversation-0000000',
    until: testid('status-line'),
    act: async (page) => {
      await page.keyboard.press('Control+Equal');
      await page.keyboard.press('Control+Equal');
      await page.waitForFunction(() => document.documentElement.style.fontSize === '20px');
    },
  },
  { name: 'inbox-empty', at: '?fake=empty#/inbox', until: testid('status-line') },
  { name: 'inbox-offline', at: '?fake=offline#/inbox/conversation-0000001', until: testid('status-line') },
  { name: 'inbox-failing', at: '?fail=cache_damaged#/inbox', until: testid('status-line') },
  { name: 'inbox-gone', at: '#/inbox/conversation-9999999', until: testid('status-line') },
  { name: 'inbox-first-sync', at: '?fake=first-sync#/inbox/conversation-0000000', until: testid('first-sync') },
  { name: 'inbox-first-sync-offline', at: '?fake=first-sync-offline#/inbox', until: testid('first-sync') },

  { name: 'leads', at: '#/leads', until: testid('status-line') },
  {
    name: 'leads-oldest',
    at: '?leads=20000#/leads',
    until: testid('status-line'),
    act: async (page) => {
      await page.click(testid('lead-sort-created_at'));
      await page.click(testid('lead-sort-created_at'));
      await page.waitForSelector('[role="columnheader"].created_at[aria-sort="ascending"]');
    },
  },
  {
    name: 'leads-selection',
    at: '#/leads',
    until: testid('lead-row'),
    act: async (page) => {
      for (const key of ['j', 'j', 'x', 'Shift+J', 'Shift+J']) await page.keyboard.press(key);
      await page.waitForSelector(testid('selection-bar'));
    },
  },
  {
    name: 'leads-filter',
    at: '#/leads',
    until: testid('lead-row'),
    act: async (page) => {
      await page.keyboard.press('f');
      await page.waitForSelector('[role="menu"], [role="dialog"], [data-overlay="open"]');
    },
  },
  { name: 'leads-empty', at: '?fake=empty#/leads', until: testid('status-line') },
  { name: 'leads-sales', at: '?fake=sales#/leads', until: testid('status-line') },
  { name: 'leads-failing', at: '?fail=disk_full#/leads', until: testid('status-line') },
  { name: 'lead', at: '#/leads/lead-0000000', until: testid('status-line') },
  { name: 'lead-hostile', at: '#/leads/lead-0000040', until: testid('status-line') },
  { name: 'lead-gone', at: '#/leads/lead-9999999', until: testid('status-line') },

  {
    name: 'palette',
    at: '#/leads',
    until: testid('status-line'),
    act: async (page) => {
      await page.keyboard.press('Control+k');
      await page.waitForSelector(testid('palette-input'));
    },
  },
  {
    name: 'palette-hits',
    at: '#/leads',
    until: testid('status-line'),
    act: async (page) => {
      await page.keyboard.press('Control+k');
      await page.fill(testid('palette-input'), 'sat');
      await page.waitForSelector(`${testid('palette-hit')}[data-kind="message"]`);
      await page.keyboard.press('ArrowDown');
    },
  },
  {
    name: 'inbox-found-words',
    at: '#/leads',
    until: testid('status-line'),
    act: async (page) => {
      await page.keyboard.press('Control+k');
      await page.fill(testid('palette-input'), 'sat');
      await page.waitForSelector(`${testid('palette-hit')}[data-kind="message"]`);
      await page.keyboard.press('Enter');
      await page.waitForSelector('[data-found] mark');
    },
  },
  {
    name: 'palette-short',
    at: '?fake=first-sync#/leads',
    until: testid('status-line'),
    act: async (page) => {
      await page.keyboard.press('Control+k');
      await page.fill(testid('palette-input'), 'no');
      await page.waitForSelector(`${testid('palette-hit')}[data-kind="lead"]`);
    },
  },
  {
    name: 'palette-nothing',
    at: '?fake=first-sync#/leads',
    until: testid('status-line'),
    act: async (page) => {
      await page.keyboard.press('Control+k');
      await page.fill(testid('palette-input'), 'zzzz');
      await page.waitForSelector(testid('palette-message-heading'));
    },
  },
  {
    name: 'shortcuts',
    at: '#/inbox',
    until: testid('status-line'),
    act: async (page) => {
      await page.keyboard.press('?');
      await page.waitForSelector(testid('shortcut-sheet'));
    },
  },
  {
    name: 'status-details',
    at: '?fake=unreadable,skew&problem=session_revoked#/inbox',
    until: testid('status-line'),
    act: async (page) => {
      await page.click(testid('status-line'));
      await page.waitForSelector(testid('sync-problem'));
    },
  },
  {
    name: 'export',
    at: '#/leads',
    until: testid('status-line'),
    act: async (page) => {
      await page.keyboard.press('Control+e');
      await page.waitForSelector(testid('export-start'));
    },
  },
  {
    name: 'export-forbidden',
    at: '?fake=sales#/leads',
    until: testid('status-line'),
    act: async (page) => {
      await page.keyboard.press('Control+e');
    },
  },
  {
    name: 'export-running',
    at: '?leads=20000#/leads',
    until: testid('status-line'),
    act: async (page) => {
      await page.keyboard.press('Control+e');
      await page.click(testid('export-start'));
      await page.waitForSelector(testid('export-progress'));
    },
  },
  {
    name: 'export-done',
    at: '?leads=50#/leads',
    until: testid('status-line'),
    act: async (page) => {
      await page.keyboard.press('Control+e');
      await page.click(testid('export-start'));
      await page.waitForSelector(testid('toast'));
    },
  },
  {
    name: 'export-failed',
    at: '?leads=50&export=export_failed#/leads',
    until: testid('status-line'),
    act: async (page) => {
      await page.keyboard.press('Control+e');
      await page.click(testid('export-start'));
      await page.waitForSelector(testid('export-error'));
    },
  },

  { name: 'settings-appearance', at: '#/settings/appearance', until: testid('zoom') },
  { name: 'settings-security', at: '#/settings/security', until: testid('devices') },
  { name: 'settings-security-offline', at: '?fake=offline#/settings/security', until: testid('devices-offline') },
  {
    name: 'settings-security-revoke',
    at: '#/settings/security',
    until: testid('devices'),
    act: async (page) => {
      await page.click(testid('device-revoke'));
      await page.waitForSelector(testid('device-revoke-confirm'));
    },
  },
  {
    name: 'settings-security-sign-out',
    at: '?fake=offline#/settings/security',
    until: testid('sign-out'),
    act: async (page) => {
      await page.click(testid('sign-out'));
      await page.waitForSelector(testid('sign-out-confirm'));
    },
  },
  {
    name: 'settings-security-sign-out-unsent',
    at: '?fake=offline,unsent#/settings/security',
    until: testid('sign-out'),
    act: async (page) => {
      await page.click(testid('sign-out'));
      await page.click(testid('sign-out-confirm'));
      await page.waitForSelector(testid('sign-out-unsent'));
    },
  },
  {
    name: 'settings-security-lock-minutes',
    at: '#/settings/security',
    until: testid('lock-minutes'),
    act: async (page) => {
      await page.click(testid('lock-minutes'));
      await page.waitForSelector('[role="option"]');
    },
  },
  { name: 'settings-about', at: '#/settings/about', until: testid('settings-about') },
];

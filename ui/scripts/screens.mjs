// Every screen and state that the accessibility run looks at: an address in the build with the desk in memory, and what
// to do there first.

import { click, fill, matching, press, shown, testid } from './steps.mjs';

/**
 * `until` names what shows that the screen has come.
 * @typedef {{ name: string, at: string, until: string, steps?: import('./steps.mjs').Step[] }} Screen
 */

const REFUSED_SIGN_IN = [
  fill('signin-email', 'asha@lumen.example'),
  fill('signin-password', 'a long password'),
  click('signin-submit'),
  shown('signin-error'),
];

const SIGN_IN_AGAIN_IN_VAIN = [
  click('sign-in-again'),
  fill('sign-in-again-password', 'a long password'),
  click('sign-in-again-submit'),
  shown('sign-in-again-error'),
];

/** @type {Screen[]} */
export const SCREENS = [
  { name: 'sign-in', at: '?fake=signed-out', until: 'signin-submit' },
  { name: 'sign-in-passphrase', at: '?fake=signed-out,passphrase', until: 'signin-passphrase' },
  {
    name: 'sign-in-refused',
    at: '?fake=signed-out&signin=certificate_expired',
    until: 'signin-submit',
    steps: REFUSED_SIGN_IN,
  },
  {
    name: 'sign-in-passphrase-chosen',
    at: '?fake=signed-out',
    until: 'signin-submit',
    steps: [click('signin-use-passphrase'), shown('signin-passphrase')],
  },
  {
    name: 'sign-in-server-failed',
    at: '?fake=signed-out&signin=server_failed',
    until: 'signin-submit',
    steps: REFUSED_SIGN_IN,
  },
  { name: 'start-failed', at: '?start=cache_damaged', until: 'start-failed' },
  { name: 'lock', at: '?fake=locked', until: 'unlock-submit' },
  { name: 'lock-passphrase', at: '?fake=locked,passphrase', until: 'unlock-passphrase' },
  {
    name: 'lock-refused',
    at: '?fake=locked&unlock=keyring_locked',
    until: 'unlock-submit',
    steps: [click('unlock-submit'), shown('unlock-error')],
  },
  {
    name: 'lock-sign-out',
    at: '?fake=locked',
    until: 'forget-computer',
    steps: [click('forget-computer'), shown('sign-out-confirm')],
  },
  {
    name: 'lock-sign-out-unknown',
    at: '?fake=locked,passphrase',
    until: 'forget-computer',
    steps: [click('forget-computer'), click('sign-out-confirm'), shown('sign-out-unsent')],
  },
  {
    name: 'signed-out-set-aside',
    at: '?fake=locked,set-aside',
    until: 'forget-computer',
    steps: [click('forget-computer'), click('sign-out-confirm'), shown('departure-folder')],
  },
  {
    name: 'signed-out-revoked',
    at: '?fake=revoked,unsent',
    until: 'departure',
  },

  { name: 'inbox', at: '#/inbox', until: 'status-line' },
  { name: 'inbox-thread', at: '#/inbox/conversation-0000000', until: 'status-line' },
  { name: 'inbox-long-thread', at: '#/inbox/conversation-0000005', until: 'status-line' },
  {
    name: 'inbox-zoomed',
    at: '#/inbox/conversation-0000000',
    until: 'status-line',
    steps: [
      press('Control+Equal', 'Control+Equal'),
      (page) => page.waitForFunction(() => document.documentElement.style.fontSize === '20px'),
    ],
  },
  { name: 'inbox-empty', at: '?fake=empty#/inbox', until: 'status-line' },
  { name: 'inbox-offline', at: '?fake=offline#/inbox/conversation-0000001', until: 'status-line' },
  { name: 'inbox-failing', at: '?fail=cache_damaged#/inbox', until: 'status-line' },
  { name: 'inbox-gone', at: '#/inbox/conversation-9999999', until: 'status-line' },
  { name: 'inbox-first-sync', at: '?fake=first-sync#/inbox/conversation-0000000', until: 'first-sync' },
  { name: 'inbox-first-sync-offline', at: '?fake=first-sync-offline#/inbox', until: 'first-sync' },

  { name: 'leads', at: '#/leads', until: 'status-line' },
  {
    name: 'leads-oldest',
    at: '?leads=20000#/leads',
    until: 'status-line',
    steps: [
      click('lead-sort-created_at'),
      click('lead-sort-created_at'),
      matching('[role="columnheader"].created_at[aria-sort="ascending"]'),
    ],
  },
  {
    name: 'leads-selection',
    at: '#/leads',
    until: 'lead-row',
    steps: [press('j', 'j', 'x', 'Shift+J', 'Shift+J'), shown('selection-bar')],
  },
  {
    name: 'leads-filter',
    at: '#/leads',
    until: 'lead-row',
    steps: [press('f'), matching('[role="menu"], [role="dialog"], [data-overlay="open"]')],
  },
  { name: 'leads-empty', at: '?fake=empty#/leads', until: 'status-line' },
  { name: 'leads-sales', at: '?fake=sales#/leads', until: 'status-line' },
  { name: 'leads-failing', at: '?fail=disk_full#/leads', until: 'status-line' },
  { name: 'lead', at: '#/leads/lead-0000000', until: 'status-line' },
  { name: 'lead-hostile', at: '#/leads/lead-0000040', until: 'status-line' },
  { name: 'lead-gone', at: '#/leads/lead-9999999', until: 'status-line' },

  {
    name: 'palette',
    at: '#/leads',
    until: 'status-line',
    steps: [press('Control+k'), shown('palette-input')],
  },
  {
    name: 'palette-hits',
    at: '#/leads',
    until: 'status-line',
    steps: [
      press('Control+k'),
      fill('palette-input', 'sat'),
      matching(`${testid('palette-hit')}[data-kind="message"]`),
      press('ArrowDown'),
    ],
  },
  {
    name: 'inbox-found-words',
    at: '#/leads',
    until: 'status-line',
    steps: [
      press('Control+k'),
      fill('palette-input', 'sat'),
      matching(`${testid('palette-hit')}[data-kind="message"]`),
      press('Enter'),
      matching('[data-found] mark'),
    ],
  },
  {
    name: 'palette-short',
    at: '?fake=first-sync#/leads',
    until: 'status-line',
    steps: [press('Control+k'), fill('palette-input', 'no'), matching(`${testid('palette-hit')}[data-kind="lead"]`)],
  },
  {
    name: 'palette-nothing',
    at: '?fake=first-sync#/leads',
    until: 'status-line',
    steps: [press('Control+k'), fill('palette-input', 'zzzz'), shown('palette-message-heading')],
  },
  {
    name: 'shortcuts',
    at: '#/inbox',
    until: 'status-line',
    steps: [press('?'), shown('shortcut-sheet')],
  },
  {
    name: 'status-details',
    at: '?fake=unreadable,skew&problem=session_revoked#/inbox',
    until: 'status-line',
    steps: [click('status-line'), shown('sync-problem')],
  },
  { name: 'session-expired', at: '?problem=session_expired#/inbox/conversation-0000000', until: 'session-expired' },
  { name: 'session-expired-empty', at: '?fake=empty&problem=session_expired#/leads', until: 'session-expired' },
  {
    name: 'session-expired-details',
    at: '?problem=session_expired#/inbox',
    until: 'status-line',
    steps: [click('status-line'), shown('sync-problem')],
  },
  {
    name: 'sign-in-again',
    at: '?problem=session_expired#/inbox/conversation-0000000',
    until: 'session-expired',
    steps: [click('sign-in-again'), shown('sign-in-again-submit')],
  },
  {
    name: 'sign-in-again-refused',
    at: '?problem=session_expired&signin=another_member#/inbox/conversation-0000000',
    until: 'session-expired',
    steps: SIGN_IN_AGAIN_IN_VAIN,
  },
  {
    name: 'sign-in-again-offline',
    at: '?problem=session_expired&signin=server_unreachable#/leads',
    until: 'session-expired',
    steps: SIGN_IN_AGAIN_IN_VAIN,
  },
  {
    name: 'export',
    at: '#/leads',
    until: 'status-line',
    steps: [press('Control+e'), shown('export-start')],
  },
  {
    name: 'export-forbidden',
    at: '?fake=sales#/leads',
    until: 'status-line',
    steps: [press('Control+e')],
  },
  {
    name: 'export-running',
    at: '?leads=20000#/leads',
    until: 'status-line',
    steps: [press('Control+e'), click('export-start'), shown('export-progress')],
  },
  {
    name: 'export-done',
    at: '?leads=50#/leads',
    until: 'status-line',
    steps: [press('Control+e'), click('export-start'), shown('toast')],
  },
  {
    name: 'export-failed',
    at: '?leads=50&export=export_failed#/leads',
    until: 'status-line',
    steps: [press('Control+e'), click('export-start'), shown('export-error')],
  },

  { name: 'settings-appearance', at: '#/settings/appearance', until: 'zoom' },
  { name: 'settings-security', at: '#/settings/security', until: 'devices' },
  { name: 'settings-security-offline', at: '?fake=offline#/settings/security', until: 'devices-offline' },
  {
    name: 'settings-security-revoke',
    at: '#/settings/security',
    until: 'devices',
    steps: [click('device-revoke'), shown('device-revoke-confirm')],
  },
  {
    name: 'settings-security-revoke-ended',
    at: '#/settings/security',
    until: 'devices',
    steps: [click('device-ended-revoke'), shown('device-revoke-confirm')],
  },
  {
    name: 'settings-security-revoke-ended-done',
    at: '#/settings/security',
    until: 'devices',
    steps: [click('device-ended-revoke'), click('device-revoke-confirm'), shown('toast')],
  },
  { name: 'settings-security-one-device', at: '?fake=one-device#/settings/security', until: 'devices' },
  {
    name: 'settings-security-revoke-others',
    at: '#/settings/security',
    until: 'devices',
    steps: [click('device-revoke-others'), shown('device-revoke-confirm')],
  },
  {
    name: 'settings-security-revoke-others-done',
    at: '#/settings/security',
    until: 'devices',
    steps: [
      click('device-revoke-others'),
      click('device-revoke-confirm'),
      shown('toast'),
      click('devices-ended-all'),
      matching('[data-testid="devices-ended"] tr:nth-child(7)'),
    ],
  },
  {
    name: 'settings-security-revoke-others-failed',
    at: '?revoke=server_failed#/settings/security',
    until: 'devices',
    steps: [click('device-revoke-others'), click('device-revoke-confirm'), shown('error-notice')],
  },
  {
    name: 'settings-security-sign-out',
    at: '?fake=offline#/settings/security',
    until: 'sign-out',
    steps: [click('sign-out'), shown('sign-out-confirm')],
  },
  {
    name: 'settings-security-sign-out-unsent',
    at: '?fake=offline,unsent#/settings/security',
    until: 'sign-out',
    steps: [click('sign-out'), click('sign-out-confirm'), shown('sign-out-unsent')],
  },
  {
    name: 'settings-security-lock-minutes',
    at: '#/settings/security',
    until: 'lock-minutes',
    steps: [click('lock-minutes'), matching('[role="option"]')],
  },
  { name: 'settings-billing', at: '?fake=owner#/settings/billing', until: 'invoices' },
  { name: 'settings-billing-canceling', at: '?fake=owner,canceling#/settings/billing', until: 'invoices' },
  {
    name: 'settings-billing-trial',
    at: '?fake=owner&billing=trialing#/settings/billing',
    until: 'billing-no-invoices',
  },
  { name: 'settings-billing-past-due', at: '?fake=owner&billing=past_due#/settings/billing', until: 'invoices' },
  { name: 'settings-billing-unpaid', at: '?fake=owner&billing=unpaid#/settings/billing', until: 'invoices' },
  { name: 'settings-billing-ended', at: '?fake=owner&billing=canceled#/settings/billing', until: 'invoices' },
  { name: 'settings-billing-offline', at: '?fake=owner,offline#/settings/billing', until: 'billing-offline' },
  { name: 'settings-billing-none', at: '?fake=owner&billing=none#/settings/billing', until: 'billing-none' },
  {
    name: 'settings-billing-failed',
    at: '?fake=owner&fail=cache_unavailable#/settings/billing',
    until: 'billing-error',
  },
  {
    name: 'settings-billing-copied',
    at: '?fake=owner#/settings/billing',
    until: 'invoices',
    steps: [click('invoice-copy')],
  },
  // The role may not see it: it is not there.
  { name: 'settings-billing-absent', at: '#/settings/billing', until: 'zoom' },
  { name: 'settings-members', at: '?fake=owner#/settings/members', until: 'members' },
  { name: 'settings-members-admin', at: '?fake=admin#/settings/members', until: 'members' },
  { name: 'settings-members-empty', at: '?fake=owner,empty#/settings/members', until: 'invitations-none' },
  { name: 'settings-members-no-mail', at: '?fake=owner,empty,no-mail#/settings/members', until: 'members' },
  { name: 'settings-members-offline', at: '?fake=owner,offline#/settings/members', until: 'members-offline' },
  {
    name: 'settings-members-failing',
    at: '?fake=owner&members=server_failed#/settings/members',
    until: 'error-notice',
  },
  // The role may not manage them: they are not there.
  { name: 'settings-members-absent', at: '?fake=sales#/settings/members', until: 'zoom' },
  {
    name: 'settings-members-role',
    at: '?fake=owner#/settings/members',
    until: 'members',
    steps: [click('member-role'), matching('[role="option"]')],
  },
  {
    name: 'settings-members-refused',
    at: '?fake=owner&member=not_allowed#/settings/members',
    until: 'members',
    steps: [click('invitation-send'), shown('error-notice')],
  },
  {
    name: 'settings-members-remove',
    at: '?fake=owner#/settings/members',
    until: 'members',
    steps: [click('member-remove'), shown('member-confirm')],
  },
  {
    name: 'settings-members-invite',
    at: '?fake=owner#/settings/members',
    until: 'members',
    steps: [click('invite'), shown('invite-email')],
  },
  {
    name: 'settings-members-invite-wrong',
    at: '?fake=owner#/settings/members',
    until: 'members',
    steps: [click('invite'), fill('invite-email', 'nora'), click('invite-send'), matching('[aria-invalid="true"]')],
  },
  {
    name: 'settings-members-invite-refused',
    at: '?fake=owner&member=already_member#/settings/members',
    until: 'members',
    steps: [click('invite'), fill('invite-email', 'vik@lumen.example'), click('invite-send'), shown('error-notice')],
  },
  { name: 'settings-about', at: '#/settings/about', until: 'settings-about' },
];

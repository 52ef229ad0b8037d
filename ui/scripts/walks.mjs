// The keyboard's ways through the window: keys are pressed, and where the focus is and what is shown is looked at.

import * as steps from './steps.mjs';
import { testid } from './steps.mjs';

const STATUS = 'status-line';
const ROW = 'lead-row';
const CONVERSATION = 'conversation-row';

const press = (page, ...keys) => steps.press(...keys)(page);

/** Waits until it is so in the page; says what was expected where it never is. */
async function until(page, what, isSo, argument) {
  await page.waitForFunction(isSo, argument, { timeout: 3000 }).catch(() => {
    throw new Error(`expected: ${what}`);
  });
}

const shown = (page, id) => page.waitForSelector(testid(id), { timeout: 3000 });
const gone = (page, id) => page.waitForSelector(testid(id), { state: 'detached', timeout: 3000 });

const at = (page, hash) => until(page, `the address ${hash}`, (h) => window.location.hash.startsWith(h), hash);

/** The focus is on a row of a list, and it is the one of this number. */
const onRow = (page, index) =>
  until(
    page,
    `the focus on row ${index}`,
    (i) => document.activeElement?.getAttribute('role') === 'row' && document.activeElement.dataset.index === String(i),
    index,
  );

const selected = (page, count) =>
  until(
    page,
    `${count} rows selected`,
    (n) => document.querySelectorAll('[role="row"][aria-selected="true"]').length === n,
    count,
  );

/** @typedef {{ name: string, at: string, until: string, go: (page: import('playwright-core').Page) => Promise<void> }} Walk */

/** @type {Walk[]} */
export const WALKS = [
  {
    name: 'palette',
    at: '#/leads',
    until: ROW,
    async go(page) {
      await press(page, 'j', 'j');
      await onRow(page, 1);
      for (const key of ['Control+k', '/']) {
        await press(page, key);
        await shown(page, 'palette-input');
        // Letters are typed, and move nothing.
        await press(page, 'j', 'x');
        await until(page, 'the letters in the field', () => document.activeElement?.value === 'jx');
        await press(page, 'Escape');
        await gone(page, 'palette-input');
        await onRow(page, 1);
      }
      await selected(page, 0);
      await press(page, 'Control+k');
      await shown(page, 'palette-input');
      await press(page, 'Control+k');
      await gone(page, 'palette-input');
    },
  },
  {
    name: 'palette-action',
    at: '#/inbox',
    until: STATUS,
    async go(page) {
      await press(page, 'Control+k');
      await page.fill(testid('palette-input'), 'go to leads');
      await page.waitForSelector(`${testid('palette-hit')}[data-kind="action"]`);
      await press(page, 'Enter');
      await at(page, '#/leads');
    },
  },
  {
    name: 'places',
    at: '#/inbox',
    until: STATUS,
    async go(page) {
      await press(page, 'g', 'l');
      await at(page, '#/leads');
      await press(page, 'g', 'i');
      await at(page, '#/inbox');
      await press(page, 'Control+,');
      await at(page, '#/settings');
    },
  },
  {
    name: 'leads-list',
    at: '#/leads',
    until: ROW,
    async go(page) {
      await press(page, 'j', 'ArrowDown', 'j', 'k', 'ArrowUp', 'j');
      await onRow(page, 1);
      await press(page, 'x');
      await selected(page, 1);
      await press(page, 'Shift+J', 'Shift+ArrowDown');
      await selected(page, 3);
      await press(page, 'Shift+K');
      await onRow(page, 2);
      await press(page, 'Escape');
      await selected(page, 0);
      await press(page, 'End');
      await onRow(page, 8411);
      await press(page, 'Home');
      await onRow(page, 0);
    },
  },
  {
    name: 'leads-open',
    at: '#/leads',
    until: ROW,
    async go(page) {
      await press(page, 'j', 'j', 'j', 'Enter');
      await at(page, '#/leads/lead-0000002');
      await shown(page, 'lead-facts');
      await press(page, 'j');
      await at(page, '#/leads/lead-0000003');
      await press(page, 'k', 'k');
      await at(page, '#/leads/lead-0000001');
      await press(page, 'Escape');
      await shown(page, 'lead-row');
      await onRow(page, 1);
    },
  },
  {
    name: 'leads-filter',
    at: '#/leads',
    until: ROW,
    async go(page) {
      await press(page, 'j', 'f');
      await page.waitForSelector('[role="menu"], [role="listbox"], [role="dialog"]');
      await press(page, 'Escape');
      await page.waitForSelector('[role="menu"], [role="listbox"], [role="dialog"]', { state: 'detached' });
      await onRow(page, 0);
    },
  },
  {
    name: 'export',
    at: '#/leads',
    until: ROW,
    async go(page) {
      await press(page, 'j', 'Control+e');
      await shown(page, 'export-dialog');
      await until(page, 'the focus in the dialog', () => document.activeElement?.closest('[role="dialog"]') !== null);
      await press(page, 'Escape');
      await gone(page, 'export-dialog');
      await onRow(page, 0);
    },
  },
  {
    name: 'export-forbidden',
    at: '?fake=sales#/leads',
    until: ROW,
    async go(page) {
      await press(page, 'Control+e');
      await shown(page, 'toast');
      if ((await page.$(testid('export-dialog'))) !== null) throw new Error('expected: no dialog');
    },
  },
  {
    name: 'inbox',
    at: '#/inbox',
    until: CONVERSATION,
    async go(page) {
      await press(page, 'j');
      await onRow(page, 0);
      await at(page, '#/inbox/conversation-0000000');
      await press(page, 'ArrowDown', 'j', 'k');
      await at(page, '#/inbox/conversation-0000001');
      await shown(page, 'thread');
      await press(page, 'Enter');
      await until(page, 'the focus in the thread', () => document.activeElement?.dataset.testid === 'thread');
      await press(page, 'Escape');
      await onRow(page, 1);
      await press(page, 'o');
      await at(page, '#/leads/lead-0000001');
    },
  },
  {
    name: 'shortcut-sheet',
    at: '#/leads',
    until: ROW,
    async go(page) {
      await press(page, 'j', '?');
      await shown(page, 'shortcut-sheet');
      await press(page, 'Escape');
      await gone(page, 'shortcut-sheet');
      await onRow(page, 0);
    },
  },
  {
    name: 'lock',
    at: '#/leads',
    until: ROW,
    async go(page) {
      await press(page, 'Control+l');
      await shown(page, 'lock-screen');
      await until(page, 'nothing of the data', () => !document.documentElement.textContent.includes('Lindqvist'));
      await press(page, 'Enter');
      await shown(page, 'lead-row');
    },
  },
  {
    name: 'zoom',
    at: '#/inbox',
    until: STATUS,
    async go(page) {
      const size = (px) =>
        until(page, `letters of ${px} px`, (n) => getComputedStyle(document.documentElement).fontSize === `${n}px`, px);
      await press(page, 'Control+Equal');
      await size(17.6);
      await press(page, 'Control+0');
      await size(16);
      await press(page, 'Control+Minus');
      await size(14.4);
      await press(page, 'Control+0');
      await size(16);
    },
  },
];

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

const inComposer = () => document.activeElement?.dataset.testid === 'composer-input';

const said = (page, text) =>
  until(
    page,
    `a note that says: ${text}`,
    (t) => [...document.querySelectorAll('[data-testid="toast"]')].some((one) => one.textContent.includes(t)),
    text,
  );

/** @typedef {{ name: string, at: string, until: string, go: (page: import('playwright-core').Page) => Promise<void> }} Walk */

/** @type {Walk[]} */
export const WALKS = [
  {
    name: 'inbox-reply',
    at: '?fake=offline#/inbox',
    until: CONVERSATION,
    async go(page) {
      await press(page, 'j');
      await shown(page, 'composer-input');
      await press(page, 'r');
      await until(page, 'the focus in the composer', inComposer);
      await page.keyboard.type('Yes, gladly.');
      await press(page, 'Enter');
      await page.keyboard.type('At six.');
      await shown(page, 'draft-mark');
      // Away and back: it is still there.
      await press(page, 'Escape');
      await until(page, 'the focus in the thread', () => document.activeElement?.dataset.testid === 'thread');
      await press(page, 'Escape');
      await onRow(page, 0);
      await press(page, 'j', 'k', 'r');
      await until(page, 'the draft', () => document.activeElement?.value === 'Yes, gladly.\nAt six.');
      await press(page, 'Control+Enter');
      await shown(page, 'unsent-take-back');
      await until(page, 'an empty composer with the focus', () => document.activeElement?.value === '');
      await until(page, 'the message at the end of what is shown', () => {
        const thread = document.querySelector('[data-testid="thread"]');
        return thread !== null && thread.scrollTop + thread.clientHeight > thread.scrollHeight - 24;
      });
      // Undo with the keyboard.
      await press(page, 'Shift+Tab');
      await until(page, 'the focus on Undo', () => document.activeElement?.dataset.testid === 'unsent-take-back');
      await press(page, 'Enter');
      await gone(page, 'unsent-take-back');
      await until(page, 'the text in the composer', () => {
        const input = document.querySelector('[data-testid="composer-input"]');
        return input?.value === 'Yes, gladly.\nAt six.';
      });
    },
  },
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
    name: 'fields',
    at: '#/settings/fields',
    until: 'fields',
    async go(page) {
      await page.focus(testid('field-add'));
      await press(page, 'Enter');
      await until(page, 'the focus in the name', () => document.activeElement?.dataset.testid === 'field-name');
      await page.keyboard.type('Guests');
      await press(page, 'Tab', 'ArrowDown', 'Enter');
      await said(page, 'Guests added');
      const place = (n) =>
        until(
          page,
          `Guests in place ${n}, with the focus on what moved it`,
          (at) =>
            document.querySelectorAll('[data-testid="field-row"]')[at]?.textContent.includes('Guests') &&
            document.activeElement?.getAttribute('aria-label') === 'Move Guests up',
          n,
        );
      await page.focus('[aria-label="Move Guests up"]');
      await press(page, 'Enter');
      await place(4);
      await press(page, 'Enter');
      await place(3);
      // More columns than there is room for: one scrolls, and sees whom they are about.
      for (const name of ['Guests', 'Hours booked', 'Partner', 'Needs parking']) {
        await page.focus(`[role="checkbox"][aria-label^="${name}:"]`);
        await press(page, 'Space');
        await said(page, `${name} saved`);
      }
      await press(page, 'g', 'l');
      await shown(page, ROW);
      await press(page, 'j');
      await onRow(page, 0);
      for (let step = 0; step < 12; step += 1) await press(page, 'ArrowRight');
      await until(page, 'the last column in sight, and the name', () => {
        const grid = document.querySelector('[role="grid"]');
        const right = grid.getBoundingClientRect().right;
        const last = document.querySelector('[role="row"] .last_activity_at').getBoundingClientRect();
        const name = document.querySelector('[data-testid="lead-row"] .name').getBoundingClientRect();
        const check = document.querySelector('[data-testid="lead-row"] .check').getBoundingClientRect();
        return grid.scrollLeft > 0 && last.right <= right + 1 && Math.abs(name.left - check.right) < 1;
      });
    },
  },
  {
    name: 'places',
    at: '#/inbox',
    until: STATUS,
    async go(page) {
      await press(page, 'g', 'l');
      await at(page, '#/leads');
      await press(page, 'g', 'o');
      await at(page, '#/outbox');
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
    name: 'leads-stage',
    at: '?fake=offline#/leads',
    until: ROW,
    async go(page) {
      await press(page, 'j', 'j', 's');
      await shown(page, 'choice');
      await until(page, 'the focus on a stage', () => document.activeElement?.getAttribute('role') === 'option');
      await press(page, 'End', 'Enter');
      await gone(page, 'choice');
      await shown(page, 'unsent');
      await said(page, '1 lead moved to Lost');
      // The lead is the newest now, and the cursor went with it.
      await onRow(page, 0);
      await press(page, 'a');
      await shown(page, 'choice');
      await press(page, 'Escape');
      await gone(page, 'choice');
      await onRow(page, 0);
      await press(page, 'Control+z');
      await said(page, 'Taken back');
    },
  },
  {
    name: 'leads-bulk',
    at: '#/leads',
    until: ROW,
    async go(page) {
      await press(page, 'j', 'x', 'Shift+J', 'Shift+J', 'a');
      await shown(page, 'choice');
      await until(page, 'the focus on an owner', () => document.activeElement?.getAttribute('role') === 'option');
      await press(page, 'i', 'Enter');
      await said(page, '3 leads assigned to Ines Duarte');
      await press(page, 't');
      await until(page, 'the focus in the field', () => document.activeElement?.dataset.testid === 'tag-input');
      await page.keyboard.type('Studio day');
      await press(page, 'Enter');
      await said(page, 'Studio day added to 3 leads');
    },
  },
  {
    name: 'leads-archive',
    at: '?fake=offline#/leads',
    until: ROW,
    async go(page) {
      await press(page, 'j', 'j', 'e');
      await said(page, '1 lead archived');
      // The next one stands in its place, and has the focus.
      await onRow(page, 1);
      await press(page, 'x', 'Shift+J', 'Delete');
      await said(page, '2 leads moved to the bin');
      await gone(page, 'selection-bar');
      await press(page, 'v', 'b');
      await shown(page, 'filter-state');
      await until(page, 'the bin', () => document.querySelectorAll('[data-testid="lead-row"]').length === 2);
      await press(page, 'j', 'r');
      await said(page, '1 lead restored');
      await press(page, 'Control+z');
      await said(page, 'Taken back');
    },
  },
  {
    name: 'lead-put-away',
    at: '?fake=offline#/leads/lead-0000000',
    until: 'lead-facts',
    async go(page) {
      await press(page, 'Shift+E');
      await shown(page, 'lead-state');
      await press(page, 'Shift+R');
      await gone(page, 'lead-state');
      await press(page, '#');
      await shown(page, 'lead-state');
      await press(page, 'Control+z');
      await gone(page, 'lead-state');
    },
  },
  {
    name: 'lead-merge',
    at: '?fake=offline#/leads/lead-0000000',
    until: 'lead-facts',
    async go(page) {
      await press(page, 'm');
      await until(page, 'the focus in the field', () => document.activeElement?.dataset.testid === 'merge-find');
      await page.keyboard.type('tom okafor');
      await shown(page, 'merge-hit');
      await press(page, 'Enter');
      await shown(page, 'merge-preview');
      // The focus is on what takes nothing away; Tab goes to the rest.
      await until(page, 'the focus on Cancel', () => document.activeElement?.textContent.trim() === 'Cancel');
      await press(page, 'Tab', 'Tab', 'Enter');
      await gone(page, 'merge-dialog');
      await shown(page, 'lead-merged');
      await said(page, 'Merged');
    },
  },
  {
    name: 'conflicts',
    at: '?fake=conflict#/leads',
    until: ROW,
    async go(page) {
      await press(page, 'g', 'd');
      await at(page, '#/outbox/conflicts');
      await shown(page, 'conflict-row');
      await press(page, 'j', 'j', 'k');
      await onRow(page, 0);
      await press(page, 'Enter');
      await at(page, '#/leads/lead-0000000');
      await shown(page, 'conflict-summary');
      await press(page, 'c', 'ArrowDown', 'Enter');
      await said(page, 'Phone: theirs stands');
      await gone(page, 'conflict-phone');
      // Also of what stands: Undo brings the question back.
      await press(page, 'Control+z');
      await shown(page, 'conflict-phone');
    },
  },
  {
    name: 'leads-bulk-forbidden',
    at: '?fake=sales#/leads',
    until: ROW,
    async go(page) {
      await press(page, 'j', 'x', 's');
      await said(page, 'one by one only');
      await press(page, 'Escape', 's');
      await shown(page, 'choice');
    },
  },
  {
    name: 'lead-edit',
    at: '?fake=offline#/leads/lead-0000000',
    until: 'lead-facts',
    async go(page) {
      const focused = (id) =>
        until(page, `the focus on ${id}`, (wanted) => document.activeElement?.dataset.testid === wanted, id);
      await press(page, 'e');
      await focused('input-name');
      await page.keyboard.type('Nora L.');
      await press(page, 'Enter');
      await focused('edit-name');
      await said(page, 'Name changed');
      await shown(page, 'unsent');
      // Tab goes on, and what was typed is saved.
      await press(page, 'Tab', 'Tab', 'e');
      await focused('input-phone');
      await page.keyboard.type('+44 (7700) 900-733');
      await press(page, 'Tab');
      await gone(page, 'input-phone');
      await until(page, 'the number', () => document.body.textContent.includes('+44 7700 900733'));
      // Wrong: it stays, and says why. Esc gives up.
      await page.focus(testid('edit-email'));
      await press(page, 'Enter');
      await focused('input-email');
      await page.keyboard.type('nobody');
      await press(page, 'Enter');
      await shown(page, 'problem-email');
      await press(page, 'Escape');
      await gone(page, 'input-email');
      await focused('edit-email');
      await press(page, 's');
      await shown(page, 'choice');
      await until(page, 'the focus on a stage', () => document.activeElement?.getAttribute('role') === 'option');
      await press(page, 'w', 'Enter');
      await said(page, '1 lead moved to Won');
      await focused('edit-stage_id');
      await press(page, 'Control+z');
      await said(page, 'Taken back');
    },
  },
  {
    name: 'lead-draft',
    at: '#/leads/lead-0000000',
    until: 'lead-facts',
    async go(page) {
      await page.click(testid('edit-notes'));
      await page.keyboard.type('Half a sent');
      const isThere = () =>
        until(page, 'what was typed', () => document.querySelector('textarea')?.value === 'Half a sent');
      // Another lead, and back; then locked, and unlocked.
      await page.click(testid('lead-next'));
      await at(page, '#/leads/lead-0000001');
      await gone(page, 'input-notes');
      await page.click(testid('lead-previous'));
      await shown(page, 'input-notes');
      await isThere();
      await press(page, 'Control+l');
      await shown(page, 'lock-screen');
      await until(page, 'nothing of what was typed', () => !document.documentElement.textContent.includes('Half a'));
      await press(page, 'Enter');
      await shown(page, 'input-notes');
      await isThere();
    },
  },
  {
    name: 'lead-conflict',
    at: '?fake=conflict#/leads/lead-0000000',
    until: 'conflict-summary',
    async go(page) {
      await press(page, 'c');
      await until(page, 'the focus on a choice', () => document.activeElement?.getAttribute('type') === 'radio');
      await press(page, 'ArrowDown', 'Enter');
      await gone(page, 'conflict-phone');
      await said(page, 'Phone: theirs stands');
      await press(page, 'c', 'Enter');
      await gone(page, 'conflict-summary');
      await until(page, 'both notes', () => {
        const notes = document.querySelector('[data-testid="field-notes"]')?.textContent ?? '';
        return notes.includes('three children') && notes.includes('never on Mondays');
      });
    },
  },
  {
    name: 'outbox',
    at: '?fake=refused&edits=1#/outbox',
    until: 'outbox-row',
    async go(page) {
      await press(page, 'j', 'j', 'r');
      await shown(page, 'toast');
      // Done, and with it the one that was held: the focus is on what stands in its place.
      await until(page, 'two rows', () => document.querySelectorAll('[data-testid="outbox-row"]').length === 2);
      await press(page, 'k', 'Delete');
      await shown(page, 'outbox-discard-dialog');
      await press(page, 'Escape');
      await gone(page, 'outbox-discard-dialog');
      await onRow(page, 0);
      await press(page, 'Enter');
      await at(page, '#/leads/lead-0000002');
      await until(page, 'the field', () => document.activeElement?.dataset.testid === 'input-email');
      await page.keyboard.type('beatriz@example.org');
      await press(page, 'Enter');
      await said(page, 'E-mail changed');
      await press(page, 'g', 'o');
      await until(page, 'one row', () => document.querySelectorAll('[data-testid="outbox-row"]').length === 1);
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
    name: 'new-lead',
    at: '#/leads',
    until: ROW,
    async go(page) {
      await press(page, 'j', 'n');
      await shown(page, 'new-lead-dialog');
      await until(page, 'the focus in the name', () =>
        document.activeElement?.matches('[data-testid="new-lead-name"]'),
      );
      await page.keyboard.type('Mira');
      await press(page, 'Control+Enter');
      await gone(page, 'new-lead-dialog');
      await shown(page, 'toast');
      await press(page, 'Control+z');
    },
  },
  {
    name: 'import',
    at: '#/leads',
    until: ROW,
    async go(page) {
      await press(page, 'j', 'Control+i');
      await until(page, 'the focus on the choice', () =>
        document.activeElement?.matches('[data-testid="import-choose"]'),
      );
      await press(page, 'Enter');
      await shown(page, 'import-next');
      await until(page, 'the focus on the columns', () => document.activeElement?.matches('[data-step-first]'));
      await page.focus(testid('import-next'));
      await press(page, 'Enter');
      await shown(page, 'import-run');
      await page.focus(testid('import-back'));
      await press(page, 'Enter');
      await shown(page, 'import-next');
      await press(page, 'Escape');
      await gone(page, 'import-dialog');
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

import { cleanup, fireEvent, render, screen, waitFor, within } from '@testing-library/svelte';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import LeadsScreen from '../../routes/leads/LeadsScreen.svelte';
import { handleKey } from '../app/key-handler.svelte';
import { useBackend, type Backend } from '../backend';
import { createFake, type FakeOptions } from '../backend/fake';
import { acts } from '../edit/acts.svelte';
import { session } from '../session/session.svelte';
import { strings } from '../strings/edit';
import { toasts } from '../ui/toast/toasts.svelte';
import { changeLeads } from './change-leads';
import { leadList } from './lead-list.svelte';

let desk: Backend;
let stop: () => void;

async function open(options: Partial<FakeOptions> = {}): Promise<void> {
  desk = createFake({ leads: 40, ...options });
  await useBackend(desk);
  stop = await session.begin();
  render(LeadsScreen);
  await screen.findAllByTestId('lead-row');
}

const key = (name: string): Promise<boolean> => fireEvent.keyDown(document.body, { key: name });
const said = (): string[] => toasts.items.map(({ text }) => text);
async function choose(label: string): Promise<void> {
  await fireEvent.click(within(await screen.findByRole('listbox')).getByText(label));
}

beforeEach(() => {
  window.addEventListener('keydown', handleKey);
  vi.spyOn(HTMLElement.prototype, 'clientHeight', 'get').mockReturnValue(600);
  vi.spyOn(HTMLElement.prototype, 'getBoundingClientRect').mockReturnValue(new DOMRect(0, 0, 800, 30));
});

afterEach(async () => {
  window.removeEventListener('keydown', handleKey);
  cleanup();
  toasts.clear();
  await session.signOut('lose');
  stop();
  vi.restoreAllMocks();
});

describe('changing leads in the list', () => {
  it('moves the row under the cursor with S, and marks it', async () => {
    await open({ isOffline: true });
    const edit = vi.spyOn(desk, 'leadEdit');
    await key('j');
    await key('s');
    await choose('Lost');
    await waitFor(() => expect(said()).toEqual([strings.movedTo(1, 'Lost')]));
    expect(edit.mock.calls[0]?.[0]).toBe('lead-0000000');
    expect(await screen.findByTestId('unsent')).toBeTruthy();
  });

  it('changes those that are selected, in one act that is taken back as one', async () => {
    await open();
    const change = vi.spyOn(desk, 'leadsChange');
    for (const index of [0, 1, 2]) {
      const row = leadList.rows.rowAt(index);
      if (row !== undefined) await leadList.toggle(row, index);
    }
    await fireEvent.click(await screen.findByTestId('bulk-owner'));
    await choose('Ines Duarte');
    await waitFor(() => expect(said()).toEqual([strings.assignedTo(3, 'Ines Duarte')]));
    expect(change.mock.calls[0]).toEqual([
      { selection: ['lead-0000000', 'lead-0000001', 'lead-0000002'] },
      { owner: 'member-ines' },
    ]);
    expect(acts.undoLast()).toBe(true);
    await waitFor(() => expect(said()).toContain(strings.undone));
    expect((await desk.leadDetail('lead-0000001')).lead.owner_id).not.toBe('member-ines');
  });

  it('changes the whole view, however long it is', async () => {
    await open();
    const change = vi.spyOn(desk, 'leadsChange');
    leadList.selectAll();
    await fireEvent.click(await screen.findByTestId('bulk-add_tag'));
    const input = await screen.findByTestId('tag-input');
    await fireEvent.input(input, { target: { value: 'Studio day' } });
    await fireEvent.keyDown(input, { key: 'Enter' });
    await waitFor(() => expect(said()).toEqual([strings.tagAdded(40, 'Studio day')]));
    expect(change.mock.calls[0]).toEqual([{ view: leadList.query }, { add_tags: ['Studio day'] }]);
  });

  it('takes no tag that can’t be one', async () => {
    await open();
    const change = vi.spyOn(desk, 'leadsChange');
    leadList.selectAll();
    await fireEvent.click(await screen.findByTestId('bulk-add_tag'));
    const input = await screen.findByTestId('tag-input');
    await fireEvent.input(input, { target: { value: 'x'.repeat(61) } });
    await fireEvent.keyDown(input, { key: 'Enter' });
    expect((await screen.findByRole('alert')).textContent).toBe(strings.problems.tag_long);
    expect(change).not.toHaveBeenCalled();
  });

  it('is not for every role, and says so', async () => {
    await open({ isSales: true });
    leadList.selectAll();
    const button = await screen.findByTestId('bulk-stage');
    expect(button.getAttribute('aria-disabled')).toBe('true');
    await fireEvent.click(button);
    expect(screen.queryByRole('listbox')).toBeNull();
    await key('s');
    expect(said()).toEqual([strings.bulkForbidden]);
    // One by one they may.
    leadList.clearSelection();
    await key('j');
    await key('s');
    await choose('Won');
    await waitFor(() => expect(said()).toContain(strings.movedTo(1, 'Won')));
  });

  it('says so when nothing changed, or it is too much at once', async () => {
    await open();
    await desk.leadsChange('all', { stage: 'stage-won' });
    await changeLeads({ scope: 'all', count: 40 }, { stage: 'stage-won' });
    expect(said()).toEqual([strings.soAlready]);
    const change = vi.spyOn(desk, 'leadsChange');
    await changeLeads({ scope: 'all', count: 10_001 }, { stage: 'stage-new' });
    expect(said()).toContain(strings.tooMany);
    expect(change).not.toHaveBeenCalled();
  });
});

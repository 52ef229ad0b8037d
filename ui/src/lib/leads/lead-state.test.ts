import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/svelte';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import LeadScreen from '../../routes/leads/LeadScreen.svelte';
import LeadsScreen from '../../routes/leads/LeadsScreen.svelte';
import { handleKey } from '../app/key-handler.svelte';
import { useBackend, type Backend } from '../backend';
import { EVERY_LEAD } from '../backend/every-lead';
import { createFake, type FakeOptions } from '../backend/fake';
import type { LeadState } from '../bindings/LeadState';
import { acts } from '../edit/acts.svelte';
import { session } from '../session/session.svelte';
import { strings as editStrings } from '../strings/edit';
import { strings } from '../strings/leads';
import { strings as mergeStrings } from '../strings/merge';
import { toasts } from '../ui/toast/toasts.svelte';
import { leadList } from './lead-list.svelte';

const FIRST = 'lead-0000000';
let desk: Backend;
let stop: () => void;

async function begin(options: Partial<FakeOptions>): Promise<void> {
  desk = createFake({ leads: 40, ...options });
  await useBackend(desk);
  stop = await session.begin();
}

async function openList(options: Partial<FakeOptions> = {}): Promise<void> {
  await begin(options);
  render(LeadsScreen);
  await screen.findAllByTestId('lead-row');
}

async function openLead(options: Partial<FakeOptions> = {}): Promise<void> {
  await begin(options);
  render(LeadScreen, { leadId: FIRST });
  await screen.findByTestId('field-name');
}

const key = (name: string): Promise<boolean> => fireEvent.keyDown(document.body, { key: name });
const said = (): string[] => toasts.items.map(({ text }) => text);
const countOf = (state: LeadState): Promise<number> => desk.leadCount({ ...EVERY_LEAD, state });
const stateOf = async (id = FIRST): Promise<LeadState> => (await desk.leadDetail(id)).lead.state;

async function select(...indexes: number[]): Promise<void> {
  for (const index of indexes) {
    const row = leadList.rows.rowAt(index);
    if (row !== undefined) await leadList.toggle(row, index);
  }
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

describe('the list', () => {
  it('shows active leads; E archives the row under the cursor, and Ctrl+Z brings it back', async () => {
    await openList({ isOffline: true });
    await key('j');
    await key('e');
    await waitFor(() => expect(said()).toEqual([editStrings.archived(1)]));
    await waitFor(() => expect(leadList.rows.count).toBe(39));
    expect(await stateOf()).toBe('archived');
    expect(acts.undoLast()).toBe(true);
    await waitFor(() => expect(leadList.rows.count).toBe(40));
    expect(await stateOf()).toBe('active');
  });

  it('deletes those that are selected in one act, and the selection is over', async () => {
    await openList();
    await select(0, 1, 2);
    await fireEvent.click(await screen.findByTestId('bulk-deleted'));
    await waitFor(() => expect(said()).toEqual([editStrings.deleted(3)]));
    expect(leadList.selection.isEmpty).toBe(true);
    expect([await countOf('active'), await countOf('deleted')]).toEqual([37, 3]);
    expect(acts.undoLast()).toBe(true);
    await waitFor(async () => expect(await countOf('active')).toBe(40));
  });

  it('goes to the archive and to the bin by keys and by the filter, and restores from there', async () => {
    await openList({ putAway: 6 });
    expect(leadList.rows.count).toBe(34);
    await key('v');
    await key('b');
    await waitFor(() => expect(leadList.rows.count).toBe(2));
    expect((await screen.findByTestId('filter-state')).textContent).toContain('Bin');
    leadList.selectAll();
    await screen.findByTestId('selection-bar');
    // What is in the bin is restored before it is changed.
    expect(screen.queryByTestId('bulk-stage')).toBeNull();
    expect(screen.queryByTestId('bulk-deleted')).toBeNull();
    await key('r');
    await waitFor(() => expect(said()).toEqual([editStrings.restored(2)]));
    expect((await screen.findByText(strings.emptyBinTitle)).textContent).toBe(strings.emptyBinTitle);
    await key('v');
    await key('r');
    await waitFor(() => expect(leadList.rows.count).toBe(4));
    await fireEvent.click(screen.getByTestId('filter-remove-state'));
    await waitFor(() => expect(leadList.rows.count).toBe(36));
  });

  it('says who may not', async () => {
    await openList({ isSales: true });
    await key('j');
    await key('#');
    expect(said()).toEqual([editStrings.deleteForbidden]);
    await select(0, 1);
    const merge = await screen.findByTestId('bulk-merge');
    expect(merge.getAttribute('aria-disabled')).toBe('true');
    await key('m');
    expect(said()).toContain(mergeStrings.forbidden);
    expect(screen.queryByTestId('merge-dialog')).toBeNull();
    leadList.clearSelection();
    await key('e');
    await waitFor(() => expect(said()).toContain(editStrings.archived(1)));
  });

  it('keeps what is selected when it could not be done', async () => {
    await openList({ editError: 'disk_full' });
    await select(0, 1);
    await key('e');
    await waitFor(() => expect(toasts.items[0]?.tone).toBe('bad'));
    expect(leadList.selection.size).toBe(2);
  });
});

describe('the page of a lead', () => {
  it('says where it was put, and restores it', async () => {
    await openLead({ isFirstPutAway: 'deleted' });
    expect((await screen.findByTestId('lead-state')).textContent).toContain(strings.deletedNote);
    await fireEvent.click(screen.getByTestId('lead-restore'));
    await waitFor(() => expect(screen.queryByTestId('lead-state')).toBeNull());
    expect(said()).toEqual([editStrings.restored(1)]);
    expect(await stateOf()).toBe('active');
  });

  it('archives and deletes by keys', async () => {
    await openLead({ isOffline: true });
    await fireEvent.keyDown(document.body, { key: 'E', shiftKey: true });
    expect((await screen.findByTestId('lead-state')).textContent).toContain(strings.archivedNote);
    await key('Delete');
    await waitFor(() => expect(screen.getByTestId('lead-state').textContent).toContain(strings.deletedNote));
    expect(await stateOf()).toBe('deleted');
  });

  it('does not restore for who may not, and says so', async () => {
    await openLead({ isFirstPutAway: 'deleted', isSales: true });
    const restore = await screen.findByTestId('lead-restore');
    expect(restore.getAttribute('aria-disabled')).toBe('true');
    await fireEvent.keyDown(document.body, { key: 'R', shiftKey: true });
    expect(said()).toEqual([editStrings.deleteForbidden]);
    expect(await stateOf()).toBe('deleted');
  });

  it('tells in its timeline who changed what, and both sides of what met', async () => {
    await openLead();
    const entries = await screen.findAllByTestId('timeline-edit');
    const text = entries.map((entry) => entry.textContent.replace(/\s+/g, ' ').trim());
    expect(text).toHaveLength(3);
    expect(text[0]).toContain('Prefers a morning slot.');
    expect(text[0]).toContain('Prefers an evening slot, after seven.');
    expect(text[0]).toContain(strings.outcomes.conflict);
    expect(text[0]).toContain(strings.outcomes.merged);
    expect(text[0]).toContain('Vik Rao');
    expect(text[2]).toMatch(/Value:.*420.*Archived.*Active.*Paulo Reis/);
    // What is done now stands there once the server has done it.
    await desk.leadEdit(FIRST, { name: { from: (await desk.leadDetail(FIRST)).lead.name, to: 'Nora Z.' } });
    await waitFor(async () => expect(await screen.findAllByTestId('timeline-edit')).toHaveLength(4));
    expect(screen.getAllByTestId('timeline-edit')[0]?.textContent).toContain('Nora Z.');
  });
});

describe('a merge', () => {
  it('finds the other lead, shows what it would do, and is done once it is confirmed', async () => {
    await openLead({ isOffline: true });
    const other = await desk.leadDetail('lead-0000007');
    await key('m');
    const find = await screen.findByTestId('merge-find');
    await fireEvent.input(find, { target: { value: other.lead.name } });
    await screen.findAllByTestId('merge-hit');
    const merge = vi.spyOn(desk, 'leadsMerge');
    await fireEvent.keyDown(find, { key: 'Enter' });
    expect((await screen.findByTestId('merge-goes')).textContent).toBe(other.lead.name);
    expect(screen.getByTestId('merge-dialog').textContent).toContain(mergeStrings.final);
    expect(merge).not.toHaveBeenCalled();
    await fireEvent.click(screen.getByTestId('merge-confirm'));
    await waitFor(() => expect(said()).toEqual([mergeStrings.done]));
    expect(merge).toHaveBeenCalledWith(FIRST, 'lead-0000007');
    expect((await screen.findByTestId('lead-merged')).textContent).toContain(other.lead.name);
    expect(await stateOf('lead-0000007')).toBe('deleted');
    expect((await desk.leadDetail(FIRST)).lead.tags).toEqual(expect.arrayContaining(other.lead.tags));
    expect((await desk.leadDetail(FIRST)).conversations.length).toBeGreaterThan(1);
  });

  it('that the server refused says so, and goes back when it is discarded', async () => {
    await openLead({ refusal: 'lead_deleted' });
    const { tags } = (await desk.leadDetail(FIRST)).lead;
    await desk.leadsMerge(FIRST, 'lead-0000003');
    await waitFor(() => expect(screen.getByTestId('lead-merged').textContent).toContain(strings.mergeRefused));
    const [row] = await desk.outboxPage(0, 10);
    expect(row?.act).toHaveProperty('leads_merged');
    await desk.outboxDiscard(row?.id ?? '');
    await waitFor(() => expect(screen.queryByTestId('lead-merged')).toBeNull());
    expect(await stateOf('lead-0000003')).toBe('active');
    expect((await desk.leadDetail(FIRST)).lead.tags).toEqual(tags);
  });

  it('is of the two that are selected, either way round', async () => {
    await openList();
    await key('m');
    expect(said()).toEqual([mergeStrings.twoOnly]);
    await select(0, 1);
    await key('m');
    const names = [leadList.rows.rowAt(0)?.name, leadList.rows.rowAt(1)?.name];
    expect((await screen.findByTestId('merge-keep')).textContent).toBe(names[0]);
    await fireEvent.click(screen.getByTestId('merge-swap'));
    await waitFor(() => expect(screen.getByTestId('merge-keep').textContent).toBe(names[1]));
    await fireEvent.click(screen.getByTestId('merge-confirm'));
    await waitFor(() => expect(said()).toContain(mergeStrings.done));
    expect(leadList.selection.isEmpty).toBe(true);
    await waitFor(async () => expect(await stateOf()).toBe('deleted'));
    expect(await stateOf('lead-0000001')).toBe('active');
  });

  it('is not done where it can’t be, and says why', async () => {
    await openLead();
    const problem = { ...(await desk.mergePreview(FIRST, 'lead-0000001')), problem: { no_room: 'notes' } };
    vi.spyOn(desk, 'mergePreview').mockResolvedValue(problem);
    const merge = vi.spyOn(desk, 'leadsMerge');
    await key('m');
    const find = await screen.findByTestId('merge-find');
    await fireEvent.input(find, { target: { value: 'tom' } });
    await screen.findAllByTestId('merge-hit');
    await fireEvent.keyDown(find, { key: 'Enter' });
    const dialog = await screen.findByTestId('merge-dialog');
    await waitFor(() => expect(dialog.textContent).toContain(mergeStrings.problems.noRoom('Notes')));
    await fireEvent.click(screen.getByTestId('merge-confirm'));
    expect(merge).not.toHaveBeenCalled();
  });
});

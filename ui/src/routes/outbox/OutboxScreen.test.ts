import { cleanup, fireEvent, render, screen, waitFor, within } from '@testing-library/svelte';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import OutboxScreen from './OutboxScreen.svelte';
import LeadScreen from '../leads/LeadScreen.svelte';
import { router } from '../../lib/app/router.svelte';
import { useBackend, type Backend } from '../../lib/backend';
import { createFake, type FakeOptions } from '../../lib/backend/fake';
import { NO_TOUCH } from '../../lib/leads/no-touch';
import { outbox } from '../../lib/outbox/outbox.svelte';
import { session } from '../../lib/session/session.svelte';
import { strings } from '../../lib/strings/outbox';
import { sync } from '../../lib/sync/sync.svelte';
import { toasts } from '../../lib/ui/toast/toasts.svelte';

let desk: Backend;
const stops: (() => void)[] = [];

async function open(options: Partial<FakeOptions>): Promise<void> {
  desk = createFake({ leads: 40, ...options });
  await useBackend(desk);
  stops.push(await session.begin(), sync.begin(), outbox.begin());
  render(OutboxScreen);
}

const rows = (): Promise<HTMLElement[]> => screen.findAllByTestId('outbox-row');

beforeEach(() => {
  // A list of some height, so that rows are drawn.
  vi.spyOn(HTMLElement.prototype, 'clientHeight', 'get').mockReturnValue(600);
  vi.spyOn(HTMLElement.prototype, 'getBoundingClientRect').mockReturnValue(new DOMRect(0, 0, 800, 56));
});

afterEach(async () => {
  cleanup();
  toasts.clear();
  for (const stop of stops.splice(0)) stop();
  await session.signOut('lose');
  vi.restoreAllMocks();
});

describe('the outbox', () => {
  it('says of each change what was done, where it stands, and why', async () => {
    await open({ hasRefused: true, waitingEdits: 1, isOffline: true });
    const all = await rows();
    expect(all.map((row) => row.dataset['state'])).toEqual(['refused', 'refused', 'held', 'refused', 'waiting']);
    const text = (index: number): string => (all[index]?.textContent ?? '').replace(/\s+/g, ' ');
    expect(text(0)).toMatch(/E-mail of Beatriz Sousa: .* → beatriz@sousa.example/);
    expect(text(0)).toContain(strings.refusals.invalidField('e-mail'));
    expect(text(1)).toMatch(/Owner of Tom Okafor: .* → Vik Rao/);
    expect(text(1)).toContain(strings.refusals.forbidden);
    expect(text(2)).toContain(strings.held);
    expect(text(3)).toContain(`Notes of ${strings.goneLead}`);
    expect(text(4)).toMatch(/Stage of .*: .* → Trial booked/);
    expect((await screen.findByTestId('outbox-notes')).textContent).toContain(strings.refusedNote(3));
    expect((await screen.findByTestId('outbox-offline')).textContent).toContain(strings.offlineNote);
  });

  it('shows a lead that was refused, and lets it go with all that was done to it', async () => {
    await open({ refusal: { invalid: 'stage_id' } });
    const { me, stages } = session.view;
    const { lead_id: id } = await desk.leadCreate({
      name: 'Mira',
      email: null,
      phone: null,
      stage_id: stages[0]?.id ?? '',
      owner_id: me.id,
      source: 'manual',
      tags: [],
      notes: '',
      value_minor: null,
      custom: {},
      first_touch: NO_TOUCH,
    });
    await desk.leadEdit(id, { notes: { from: '', to: 'Rang.' } });
    await waitFor(async () => expect((await rows()).map((row) => row.dataset['state'])).toEqual(['refused', 'held']));
    const [refused] = await rows();
    expect(refused?.textContent).toContain(strings.refusals.createdInvalid);
    if (refused === undefined) throw new Error('a row');
    await fireEvent.click(within(refused).getByTestId('outbox-discard'));
    expect((await screen.findByTestId('outbox-discard-dialog')).textContent).toContain(strings.discardTextCreated);
    await fireEvent.click(screen.getByTestId('outbox-discard-confirm'));
    await waitFor(async () => expect((await desk.outboxCounts()).refused).toBe(0));
    await expect(desk.leadDetail(id)).rejects.toMatchObject({ code: 'not_found' });
  });

  it('sends a refused change again', async () => {
    await open({ hasRefused: true });
    const [, second] = await rows();
    if (second === undefined) throw new Error('no second row');
    await fireEvent.click(within(second).getByTestId('outbox-retry'));
    // It is done, and with it the one that it held.
    await waitFor(async () => expect(await rows()).toHaveLength(2));
    expect(toasts.items.map(({ text }) => text)).toContain(strings.retried);
  });

  it('asks before a change is given up, says what is lost, and takes it back here', async () => {
    await open({ hasRefused: true });
    const [first] = await rows();
    if (first === undefined) throw new Error('no row');
    const discard = vi.spyOn(desk, 'outboxDiscard');
    await fireEvent.click(within(first).getByTestId('outbox-discard'));
    const dialog = await screen.findByTestId('outbox-discard-dialog');
    expect(dialog.textContent).toContain('beatriz@sousa.example');
    expect(discard).not.toHaveBeenCalled();
    await fireEvent.click(within(dialog).getByTestId('outbox-discard-confirm'));
    await waitFor(async () => expect(await rows()).toHaveLength(3));
    expect((await desk.leadDetail('lead-0000002')).lead.email).not.toBe('beatriz@sousa.example');
  });

  it('opens a refused change on the lead’s page with what was typed, and replaces it once that is saved', async () => {
    await open({ hasRefused: true });
    const [first] = await rows();
    if (first === undefined) throw new Error('no row');
    await fireEvent.click(within(first).getByTestId('outbox-edit'));
    expect(router.route).toEqual({ screen: 'lead', leadId: 'lead-0000002' });
    cleanup();
    render(LeadScreen, { leadId: 'lead-0000002' });
    const input = (await screen.findByTestId('input-email')) as HTMLInputElement;
    expect(input.value).toBe('beatriz@sousa.example');
    expect(screen.getByTestId('problem-email').textContent).toBe(strings.refusals.invalidField('e-mail'));
    // Our own refused value is no change of anybody else.
    expect(screen.queryByTestId('meanwhile-email')).toBeNull();
    // Nothing is given up before there is something in its place.
    expect((await desk.outboxCounts()).refused).toBe(3);
    await fireEvent.input(input, { target: { value: 'beatriz@example.org' } });
    await fireEvent.keyDown(input, { key: 'Enter' });
    await waitFor(async () => expect((await desk.leadDetail('lead-0000002')).unsent).toEqual([]));
    expect((await desk.leadDetail('lead-0000002')).lead.email).toBe('beatriz@example.org');
    expect((await desk.leadDetail('lead-0000002')).conflicts).toEqual([]);
    expect((await desk.outboxCounts()).refused).toBe(2);
  });

  it('asks for another choice where a choice was refused', async () => {
    await open({ hasRefused: true });
    const second = (await rows()).at(1);
    if (second === undefined) throw new Error('no second row');
    await fireEvent.click(within(second).getByTestId('outbox-edit'));
    cleanup();
    render(LeadScreen, { leadId: 'lead-0000003' });
    const list = await screen.findByRole('listbox');
    await fireEvent.click(within(list).getByText('Ines Duarte'));
    await waitFor(async () => expect((await desk.outboxCounts()).refused).toBe(2));
    await waitFor(async () => expect((await desk.leadDetail('lead-0000003')).unsent).toEqual([]));
    expect(await desk.leadDetail('lead-0000003')).toMatchObject({ lead: { owner_id: 'member-ines' }, conflicts: [] });
  });

  it('goes from what the lead holds where the refused change was done meanwhile', async () => {
    await open({ hasRefused: true });
    const [first] = await rows();
    if (first === undefined) throw new Error('no row');
    await fireEvent.click(within(first).getByTestId('outbox-edit'));
    const [row] = await desk.outboxPage(0, 1);
    await desk.outboxRetry(row?.id ?? '');
    await waitFor(async () => expect((await desk.outboxCounts()).refused).toBe(2));
    cleanup();
    render(LeadScreen, { leadId: 'lead-0000002' });
    const input = await screen.findByTestId('input-email');
    const edit = vi.spyOn(desk, 'leadEdit');
    await fireEvent.input(input, { target: { value: 'beatriz@example.org' } });
    await fireEvent.keyDown(input, { key: 'Enter' });
    await waitFor(() => expect(edit).toHaveBeenCalled());
    expect(edit.mock.calls[0]?.[1].email).toEqual({ from: 'beatriz@sousa.example', to: 'beatriz@example.org' });
  });

  it('gives the text of what was done to a lead that is gone', async () => {
    const writeText = vi.fn<(text: string) => Promise<void>>().mockResolvedValue();
    vi.stubGlobal('navigator', { ...navigator, clipboard: { writeText } });
    await open({ hasRefused: true });
    const gone = (await rows()).at(3);
    if (gone === undefined) throw new Error('no row');
    expect(within(gone).queryByTestId('outbox-edit')).toBeNull();
    expect(within(gone).queryByTestId('outbox-retry')).toBeNull();
    await fireEvent.click(within(gone).getByTestId('outbox-copy'));
    expect(writeText).toHaveBeenCalledWith('Rang twice, no answer. Try again on Thursday after five.');
    vi.unstubAllGlobals();
  });

  it('draws only the rows near the viewport', async () => {
    await open({ isOffline: true, waitingEdits: 30 });
    expect((await rows()).length).toBeLessThan(30);
    expect(screen.getByRole('grid').getAttribute('aria-rowcount')).toBe('30');
  });

  it('lists what is to be decided, and leads to where it is', async () => {
    await open({ hasConflicts: true });
    expect((await screen.findByTestId('outbox-conflicts')).textContent).toContain('2');
    cleanup();
    render(OutboxScreen, { part: 'conflicts' });
    const all = await screen.findAllByTestId('conflict-row');
    const text = all.map((row) => row.textContent.replace(/\s+/g, ' '));
    expect(text[0]).toMatch(/Phone of .*Yours: \+44 7700 900733 Theirs: \+44 7700 900204/);
    expect(text[1]).toContain('Notes of');
    await fireEvent.click(within(all[1] ?? document.body).getByTestId('conflict-open'));
    expect(router.route).toEqual({ screen: 'lead', leadId: 'lead-0000000' });
    const [first] = await desk.conflictPage(0, 1);
    if (first === undefined) throw new Error('no conflict');
    const { lead_id, operation_id, field } = first.conflict;
    const { undo } = await desk.conflictSettle(lead_id, operation_id, field, 'theirs');
    await waitFor(async () => expect(await screen.findAllByTestId('conflict-row')).toHaveLength(1));
    await desk.undo(undo ?? '');
    await waitFor(async () => expect(await screen.findAllByTestId('conflict-row')).toHaveLength(2));
  });

  it('says so when nothing is to be decided', async () => {
    await open({});
    cleanup();
    render(OutboxScreen, { part: 'conflicts' });
    expect((await screen.findByTestId('conflicts-empty')).textContent).toContain(strings.noConflictsTitle);
  });

  it('is empty when all is on the server', async () => {
    await open({});
    expect((await screen.findByTestId('outbox-empty')).textContent).toContain(strings.emptyTitle);
    expect(screen.queryByTestId('outbox-notes')).toBeNull();
  });
});

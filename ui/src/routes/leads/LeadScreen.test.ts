import { cleanup, fireEvent, render, screen, waitFor, within } from '@testing-library/svelte';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import LeadScreen from './LeadScreen.svelte';
import { handleKey } from '../../lib/app/key-handler.svelte';
import { errorView, useBackend, type Backend } from '../../lib/backend';
import { EVERY_LEAD } from '../../lib/backend/every-lead';
import { createFake, type FakeOptions } from '../../lib/backend/fake';
import { acts } from '../../lib/edit/acts.svelte';
import { session } from '../../lib/session/session.svelte';
import { strings } from '../../lib/strings/edit';
import { toasts } from '../../lib/ui/toast/toasts.svelte';

const FIRST = 'lead-0000000';
let desk: Backend;
let stop: () => void;

async function open(options: Partial<FakeOptions> = {}, leadId = FIRST): Promise<void> {
  desk = createFake({ leads: 40, ...options });
  await useBackend(desk);
  stop = await session.begin();
  render(LeadScreen, { leadId });
  await screen.findByTestId('field-name');
}

/** Opens a field, and types into it. */
async function type(field: string, text: string): Promise<HTMLElement> {
  await fireEvent.click(screen.getByTestId(`edit-${field}`));
  const input = await screen.findByTestId(`input-${field}`);
  await fireEvent.input(input, { target: { value: text } });
  return input;
}

const enter = (input: HTMLElement, more: KeyboardEventInit = {}): Promise<boolean> =>
  fireEvent.keyDown(input, { key: 'Enter', ...more });
const shownOf = (field: string): string => screen.getByTestId(`field-${field}`).textContent.trim();
const said = (): string[] => toasts.items.map(({ text }) => text);

beforeEach(() => {
  window.addEventListener('keydown', handleKey);
});

afterEach(async () => {
  window.removeEventListener('keydown', handleKey);
  cleanup();
  toasts.clear();
  // Signed out, so that no draft goes on to the next test.
  await session.signOut('lose');
  stop();
});

describe('a field of a lead', () => {
  it('is saved with Enter, shown at once with its mark, told, and taken back', async () => {
    await open({ isOffline: true });
    const before = shownOf('name');
    const edit = vi.spyOn(desk, 'leadEdit');
    await enter(await type('name', '  Nora Zeisig '));
    await waitFor(() => expect(shownOf('name')).toBe('Nora Zeisig'));
    expect(edit).toHaveBeenCalledWith(FIRST, { name: { from: before, to: 'Nora Zeisig' } });
    expect(await screen.findByTestId('unsent')).toBeTruthy();
    expect(said()).toEqual([strings.saved('Name')]);
    expect(toasts.items[0]?.action?.label).toBe(strings.undo);
    expect(acts.undoLast()).toBe(true);
    await waitFor(() => expect(shownOf('name')).toBe(before));
    expect(said()).toContain(strings.undone);
    expect(acts.undoLast()).toBe(false);
  });

  it('is sent in the form the server takes, from what was seen', async () => {
    await open({ isOffline: true });
    const edit = vi.spyOn(desk, 'leadEdit');
    await enter(await type('phone', '+44 (7700) 900-733'));
    await enter(await type('value_minor', '1,250.50'));
    await enter(await type('notes', 'One\nTwo'), { ctrlKey: true });
    await waitFor(() => expect(edit).toHaveBeenCalledTimes(3));
    const sent = edit.mock.calls.map(([, one]) => one);
    expect(sent[0]?.phone?.to).toBe('+447700900733');
    expect(sent[1]?.value_minor?.to).toBe(125_050);
    expect(sent[2]?.notes).toEqual({ from: '', to: 'One\nTwo' });
  });

  it('says what is wrong with what was typed, and asks nobody', async () => {
    await open();
    const edit = vi.spyOn(desk, 'leadEdit');
    const input = await type('phone', '07700 900118');
    await enter(input);
    expect((await screen.findByTestId('problem-phone')).textContent).toBe(strings.problems.phone);
    expect(input.getAttribute('aria-invalid')).toBe('true');
    expect(edit).not.toHaveBeenCalled();
    await fireEvent.input(input, { target: { value: '+447700900118' } });
    await waitFor(() => expect(screen.queryByTestId('problem-phone')).toBeNull());
  });

  it('keeps what was typed when it can’t be saved', async () => {
    await open();
    vi.spyOn(desk, 'leadEdit').mockRejectedValueOnce(errorView('invalid_input'));
    const input = await type('notes', 'Long');
    await enter(input, { ctrlKey: true });
    expect((await screen.findByTestId('problem-notes')).textContent).toBe(strings.refused);
    vi.spyOn(desk, 'leadEdit').mockRejectedValueOnce(errorView('disk_full'));
    await enter(input, { ctrlKey: true });
    await waitFor(() => expect(screen.getByTestId('problem-notes').textContent).toContain('disk is full'));
    expect((input as HTMLTextAreaElement).value).toBe('Long');
  });

  it('is given up with Esc', async () => {
    await open();
    const before = shownOf('name');
    await fireEvent.keyDown(await type('name', 'Wrong'), { key: 'Escape' });
    await waitFor(() => expect(screen.queryByTestId('input-name')).toBeNull());
    expect(shownOf('name')).toBe(before);
    expect(toasts.items).toEqual([]);
  });

  it('takes several tags, and none twice', async () => {
    await open({ isOffline: true });
    const edit = vi.spyOn(desk, 'leadEdit');
    await fireEvent.click(screen.getByTestId('edit-tags'));
    const input = await screen.findByTestId('input-tags');
    await fireEvent.focus(input);
    await fireEvent.input(input, { target: { value: 'wed' } });
    await fireEvent.keyDown(input, { key: 'ArrowDown' });
    await enter(input);
    await fireEvent.input(input, { target: { value: 'Studio day' } });
    await enter(input);
    await fireEvent.input(input, { target: { value: 'Wedding' } });
    await enter(input, { ctrlKey: true });
    await waitFor(() => expect(edit).toHaveBeenCalledOnce());
    const { from, to } = edit.mock.calls[0]?.[1].tags ?? { from: [], to: [] };
    expect(to).toEqual([...from, 'Wedding', 'Studio day']);
  });

  it('is chosen from a list: the stage with S', async () => {
    await open({ isOffline: true });
    await fireEvent.keyDown(document.body, { key: 's' });
    const list = await screen.findByRole('listbox');
    await fireEvent.click(within(list).getByText('Won'));
    await waitFor(() => expect(shownOf('stage_id')).toBe('Won'));
    expect(said()).toEqual([strings.movedTo(1, 'Won')]);
  });
});

describe('a draft', () => {
  it('is there again after the page was left, and after a lock, and gone after signing out', async () => {
    await open();
    await type('notes', 'Half a sent');
    cleanup();
    render(LeadScreen, { leadId: 'lead-0000001' });
    await screen.findByTestId('field-name');
    expect(screen.queryByTestId('input-notes')).toBeNull();
    cleanup();
    await session.lock();
    await session.unlock(null);
    render(LeadScreen, { leadId: FIRST });
    expect(((await screen.findByTestId('input-notes')) as HTMLTextAreaElement).value).toBe('Half a sent');
    cleanup();
    await session.signOut('lose');
    await session.signIn({
      server_url: 'https://desk.lumen.example',
      email: 'asha@lumen.example',
      password: 'a long password',
      passphrase: null,
    });
    render(LeadScreen, { leadId: FIRST });
    await screen.findByTestId('field-name');
    expect(screen.queryByTestId('input-notes')).toBeNull();
  });

  it('stays when the lead changes underneath, says so, and is saved from what was seen', async () => {
    await open({ hasColleague: true });
    const seen = (await desk.leadDetail(FIRST)).lead.phone;
    const input = (await type('phone', '+44 7700 900733')) as HTMLInputElement;
    expect(screen.queryByTestId('meanwhile-phone')).toBeNull();
    await desk.syncNow();
    expect((await screen.findByTestId('meanwhile-phone')).textContent).toContain('+44 7700 900204');
    expect(input.value).toBe('+44 7700 900733');
    const edit = vi.spyOn(desk, 'leadEdit');
    await enter(input);
    await waitFor(() => expect(edit).toHaveBeenCalled());
    expect(edit.mock.calls[0]?.[1].phone).toEqual({ from: seen, to: '+447700900733' });
  });
});

describe('a field of the studio’s own', () => {
  const custom = (id: string): string => `custom.field-${id}`;

  it('is typed like any other, and emptied', async () => {
    await open({ isOffline: true });
    const edit = vi.spyOn(desk, 'leadEdit');
    const before = (await desk.leadDetail(FIRST)).lead.custom;
    await enter(await type(custom('hours'), ' 1,250.5 '));
    await waitFor(() => expect(shownOf(custom('hours'))).toBe('1,250.5'));
    expect(edit).toHaveBeenLastCalledWith(FIRST, {
      custom: { 'field-hours': { from: before['field-hours'], to: { number: 1_250_500 } } },
    });
    expect(said()).toEqual([strings.saved('Hours booked')]);
    await enter(await type(custom('day'), ''));
    await waitFor(() => expect(shownOf(custom('day'))).toBe('—'));
    expect(edit).toHaveBeenLastCalledWith(FIRST, { custom: { 'field-day': { from: before['field-day'], to: null } } });
    await waitFor(() => expect(screen.getAllByTestId('unsent')).toHaveLength(2));
    expect(acts.undoLast()).toBe(true);
    await waitFor(() => expect(shownOf(custom('day'))).not.toBe('—'));
  });

  it('says what is wrong with what was typed', async () => {
    await open();
    const edit = vi.spyOn(desk, 'leadEdit');
    await enter(await type(custom('hours'), 'many'));
    expect((await screen.findByTestId(`problem-${custom('hours')}`)).textContent).toBe(strings.problems.number);
    await enter(await type(custom('partner'), 'x'.repeat(201)));
    expect((await screen.findByTestId(`problem-${custom('partner')}`)).textContent).toBe(strings.problems.text_long);
    expect(edit).not.toHaveBeenCalled();
  });

  it('is not emptied by half a date', async () => {
    await open();
    const edit = vi.spyOn(desk, 'leadEdit');
    const input = await type(custom('day'), '');
    Object.defineProperty(input, 'validity', { value: { badInput: true } });
    await enter(input);
    expect((await screen.findByTestId(`problem-${custom('day')}`)).textContent).toBe(strings.problems.date);
    expect(edit).not.toHaveBeenCalled();
  });

  it('is chosen, of what is offered', async () => {
    await open({ isOffline: true });
    const edit = vi.spyOn(desk, 'leadEdit');
    await fireEvent.click(screen.getByTestId(`edit-${custom('package')}`));
    const choices = await screen.findAllByTestId('choice');
    await fireEvent.click(choices.find((choice) => choice.textContent.includes('Silver')) ?? document.body);
    await waitFor(() => expect(shownOf(custom('package'))).toContain('Silver'));
    expect(edit.mock.calls[0]?.[1].custom?.['field-package']?.to).toEqual({ choice: 'option-silver' });
    await waitFor(() => expect(screen.queryByTestId('choice')).toBeNull());
    await fireEvent.click(screen.getByTestId(`edit-${custom('parking')}`));
    await fireEvent.click((await screen.findAllByTestId('choice'))[0] ?? document.body);
    await waitFor(() => expect(edit.mock.calls.at(-1)?.[1].custom?.['field-parking']?.to).toBeNull());
  });

  it('is there to be read once it is not in use, where the lead has something', async () => {
    await open();
    expect(shownOf(custom('old'))).toContain('L-4000');
    expect(screen.queryByTestId(`edit-${custom('old')}`)).toBeNull();
    cleanup();
    const [, lead] = (
      await desk.leadPage({ filter: EVERY_LEAD, sort: { column: 'name', descending: false } }, 0, 40)
    ).rows.filter((row) => row.custom['field-old'] === undefined);
    render(LeadScreen, { leadId: lead?.id ?? '' });
    await screen.findByTestId(`field-${custom('partner')}`);
    expect(screen.queryByTestId(`field-${custom('old')}`)).toBeNull();
  });

  it('is decided where somebody else changed it too', async () => {
    await open({ hasFieldConflict: true });
    const box = await screen.findByTestId(`conflict-${custom('package')}`);
    expect(box.textContent).toContain('Gold');
    expect(box.textContent).toContain('Silver');
    expect(within(box).queryByTestId('conflict-both')).toBeNull();
    handleKey(new KeyboardEvent('keydown', { key: 'c' }));
    expect(document.activeElement).toBe(within(box).getByTestId('conflict-yours'));
    await fireEvent.submit(box);
    await waitFor(() => expect(screen.queryByTestId(`conflict-${custom('package')}`)).toBeNull());
    await waitFor(() => expect(shownOf(custom('package'))).toContain('Gold'));
  });

  it('is told in the history by its name and its value', async () => {
    await open();
    const entries = await screen.findAllByTestId('timeline-edit');
    expect(entries.some((entry) => /Package:.*Bronze/.test(entry.textContent.replace(/\s+/g, ' ')))).toBe(true);
  });
});

describe('a conflict', () => {
  it('is told at the top and at the field, and is decided by keys', async () => {
    await open({ hasConflicts: true });
    expect((await screen.findByTestId('conflict-summary')).textContent).toContain(strings.conflicts(2));
    const box = screen.getByTestId('conflict-phone');
    for (const number of ['+44 7700 900733', '+44 7700 900204', '+44 7700 900000'])
      expect(box.textContent).toContain(number);
    expect(within(box).queryByTestId('conflict-both')).toBeNull();
    await fireEvent.keyDown(document.body, { key: 'c' });
    expect(document.activeElement).toBe(within(box).getByTestId('conflict-yours'));
    await fireEvent.submit(box);
    await waitFor(() => expect(shownOf('phone')).toContain('+44 7700 900733'));
    expect(screen.queryByTestId('conflict-phone')).toBeNull();
    expect(said()).toEqual([strings.decided.yours('Phone')]);
    expect(toasts.items[0]?.action).toBeDefined();

    const notes = screen.getByTestId('conflict-notes');
    expect((within(notes).getByTestId('conflict-both') as HTMLInputElement).checked).toBe(true);
    await fireEvent.click(within(notes).getByTestId('conflict-theirs'));
    await fireEvent.submit(notes);
    await waitFor(() => expect(screen.queryByTestId('conflict-summary')).toBeNull());
    expect(shownOf('notes')).toContain('three children');
    expect(shownOf('notes')).not.toContain('Mondays');
  });
});

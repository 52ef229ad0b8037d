import { cleanup, fireEvent, render, screen, waitFor, within } from '@testing-library/svelte';
import { afterEach, describe, expect, it, vi } from 'vitest';

import SettingsScreen from './SettingsScreen.svelte';
import { useBackend, type Backend } from '../../lib/backend';
import { createFake, type FakeOptions } from '../../lib/backend/fake';
import { session } from '../../lib/session/session.svelte';
import { strings } from '../../lib/strings/fields';
import { sync } from '../../lib/sync/sync.svelte';
import { toasts } from '../../lib/ui/toast/toasts.svelte';

let desk: Backend;
let stops: (() => void)[] = [];

async function open(options: Partial<FakeOptions> = {}): Promise<void> {
  desk = createFake({ leads: 4, ...options });
  await useBackend(desk);
  stops = [await session.begin(), sync.begin()];
  render(SettingsScreen, { section: 'fields' });
}

const rows = (): string[] =>
  screen.getAllByTestId('field-row').map((row) => row.querySelector('.name')?.textContent.trim() ?? '');
const rowOf = (name: string) => {
  const row = screen.getAllByTestId('field-row').find((one) => one.textContent.includes(name));
  if (row === undefined) throw new Error(`no row of ${name}`);
  return within(row);
};
const said = (): string[] => toasts.items.map(({ text }) => text);
const type = (input: HTMLElement, value: string): Promise<boolean> => fireEvent.input(input, { target: { value } });
const submit = (): Promise<boolean> =>
  fireEvent.submit(screen.getByTestId('field-dialog').querySelector('form') ?? document.body);

afterEach(async () => {
  cleanup();
  toasts.clear();
  await session.signOut('lose');
  for (const stop of stops) stop();
});

describe('the studio’s own fields', () => {
  it('are listed in their order, with what they are', async () => {
    await open();
    expect(rows()).toEqual(['Package', 'Day of the shoot', 'Hours booked', 'Partner', 'Needs parking']);
    expect(rowOf('Package').getByText('Choice: Gold, Silver · 1 retired')).toBeTruthy();
    expect(screen.getByTestId('fields-archived').textContent).toContain('Old client number');
  });

  it('are not there for whom they are not', async () => {
    await open({ isSales: true });
    expect(screen.queryByTestId('settings-fields')).toBeNull();
    expect(screen.queryByTestId('fields')).toBeNull();
  });

  it('are held while offline, and say so', async () => {
    await open({ isOffline: true });
    expect((await screen.findByTestId('fields-offline')).textContent).toBe(strings.offline);
    expect(screen.getByTestId('field-add').getAttribute('aria-disabled')).toBe('true');
    expect(screen.queryByTestId('field-in-list')).toBeNull();
    for (const button of screen.getAllByTestId('field-up')) expect((button as HTMLButtonElement).disabled).toBe(true);
  });

  it('are moved, and the button keeps the focus', async () => {
    await open();
    const up = rowOf('Needs parking').getByTestId('field-up');
    up.focus();
    await fireEvent.click(up);
    await waitFor(() => expect(rows().slice(3)).toEqual(['Needs parking', 'Partner']));
    await waitFor(() => expect(document.activeElement).toBe(rowOf('Needs parking').getByTestId('field-up')));
  });

  it('get a column in the list, and lose it', async () => {
    await open();
    const save = vi.spyOn(desk, 'customFieldSave');
    await fireEvent.click(rowOf('Partner').getByTestId('field-in-list'));
    await waitFor(() => expect(session.listedFields.map(({ id }) => id)).toContain('field-partner'));
    expect(save).toHaveBeenCalledTimes(1);
    expect(said()).toEqual([strings.saved('Partner')]);
  });

  it('are shown as they were saved before the sync brings them', async () => {
    await open();
    // The server has it, and nothing came back yet.
    vi.spyOn(desk, 'customFieldSave').mockResolvedValue();
    const box = rowOf('Partner').getByTestId('field-in-list');
    await fireEvent.click(box);
    await waitFor(() => expect(box.getAttribute('aria-checked')).toBe('true'));
    expect(session.listedFields.map(({ id }) => id)).not.toContain('field-partner');
    await fireEvent.click(rowOf('Needs parking').getByTestId('field-up'));
    await waitFor(() => expect(rows().slice(3)).toEqual(['Needs parking', 'Partner']));
  });

  it('show what holds where it could not be saved', async () => {
    await open({ fieldError: 'server_failed' });
    const box = rowOf('Partner').getByTestId('field-in-list');
    await fireEvent.click(box);
    expect((await screen.findByTestId('error-notice')).dataset['code']).toBe('server_failed');
    expect(box.getAttribute('aria-checked')).toBe('false');
    expect(said()).toEqual([]);
  });

  it('are put away with Undo, and taken back', async () => {
    await open();
    await fireEvent.click(rowOf('Partner').getByTestId('field-archive'));
    await waitFor(() => expect(rows()).not.toContain('Partner'));
    expect(screen.getByTestId('fields-archived').textContent).toContain('Partner');
    expect(said()).toEqual([strings.wasArchived('Partner')]);
    toasts.items[0]?.action?.run();
    await waitFor(() => expect(rows()).toContain('Partner'));
    await fireEvent.click(screen.getByTestId('field-restore'));
    await waitFor(() => expect(rows()).toContain('Old client number'));
    expect(screen.queryByTestId('fields-archived')).toBeNull();
  });

  it('are added at the end, once they are right', async () => {
    await open();
    const save = vi.spyOn(desk, 'customFieldSave');
    await fireEvent.click(screen.getByTestId('field-add'));
    const name = await screen.findByTestId('field-name');
    await type(name, ' partner ');
    await submit();
    await screen.findByText(strings.problems.name_taken);
    await type(name, 'Dress code');
    await fireEvent.click(screen.getByTestId('field-kind-choice'));
    await submit();
    expect((await screen.findByTestId('field-options-problem')).textContent).toBe(strings.problems.no_options);
    expect(save).not.toHaveBeenCalled();
    await fireEvent.click(screen.getByTestId('field-option-add'));
    const first = await screen.findByTestId('field-option-name');
    await type(first, 'Black tie');
    // Enter goes on; a line that stays empty is none.
    await fireEvent.keyDown(first, { key: 'Enter' });
    await waitFor(() => expect(screen.getAllByTestId('field-option-name')).toHaveLength(2));
    await submit();
    await waitFor(() => expect(rows().at(-1)).toBe('Dress code'));
    const form = save.mock.calls[0]?.[1];
    expect(form).toMatchObject({ kind: 'choice', position: 6, is_in_list: false, is_archived: false });
    expect(form?.options.map((option) => [option.name, option.is_retired])).toEqual([['Black tie', false]]);
    expect(said()).toEqual([strings.added('Dress code')]);
  });

  it('keep their kind and their options: one is retired, put in order, offered again', async () => {
    await open();
    const save = vi.spyOn(desk, 'customFieldSave');
    await fireEvent.click(rowOf('Package').getByTestId('field-edit'));
    await screen.findByText(strings.kindForGood);
    expect(screen.queryByTestId('field-kind-text')).toBeNull();
    expect(screen.queryByTestId('field-option-remove')).toBeNull();
    await fireEvent.click(screen.getByLabelText(strings.retireOption('Gold')));
    await fireEvent.click(screen.getByLabelText(strings.offerOption('Bronze')));
    await fireEvent.click(screen.getByLabelText(strings.optionUp('Bronze')));
    await submit();
    await waitFor(() => expect(save).toHaveBeenCalledTimes(1));
    expect(save.mock.calls[0]?.[1].options.map((option) => [option.name, option.is_retired])).toEqual([
      ['Gold', true],
      ['Bronze', false],
      ['Silver', false],
    ]);
  });
});

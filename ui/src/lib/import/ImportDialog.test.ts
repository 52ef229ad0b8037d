import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/svelte';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { useBackend } from '../backend';
import { createFake, type FakeOptions } from '../backend/fake';
import { session } from '../session/session.svelte';
import { REASONS, strings } from '../strings/import';
import { sync } from '../sync/sync.svelte';
import { toasts } from '../ui/toast/toasts.svelte';
import ImportDialog from './ImportDialog.svelte';
import { imports } from './imports.svelte';

const stops: (() => void)[] = [];

async function open(options: Partial<FakeOptions> = {}): Promise<void> {
  await useBackend(createFake({ leads: 40, ...options }));
  stops.push(await session.begin(), sync.begin(), imports.begin());
  render(ImportDialog);
  imports.open();
}

async function press(testid: string): Promise<void> {
  await fireEvent.click(await screen.findByTestId(testid));
}

beforeEach(() => {
  toasts.clear();
});

afterEach(async () => {
  cleanup();
  for (const stop of stops.splice(0)) stop();
  await session.signOut('lose');
});

describe('the import', () => {
  it('shows the columns with what is in them and what they become', async () => {
    await open();
    await press('import-choose');
    expect((await screen.findByTestId('import-file')).textContent).toBe('studio list.csv');
    expect(screen.getByTestId<HTMLSelectElement>('import-target-1').value).toBe('email');
    expect(screen.getByText('38 · 44')).toBeTruthy();
    await fireEvent.change(screen.getByTestId('import-target-4'), { target: { value: 'email' } });
    expect(screen.getByTestId<HTMLSelectElement>('import-target-1').value).toBe('ignore');
  });

  it('shows rows as they would be, and why one is refused', async () => {
    await open();
    await press('import-choose');
    await press('import-next');
    const rows = await screen.findAllByTestId('import-row');
    expect(rows[0]?.textContent).toContain('Mira Castellanos');
    expect(rows.map((row) => row.textContent).join()).toContain(REASONS.phone_country);
    expect(rows.map((row) => row.textContent).join()).toContain('07700 900118');
    await waitFor(() => expect(screen.getByTestId('import-run').textContent).toContain('2,087'), { timeout: 5000 });
    await fireEvent.click(screen.getByTestId('import-duplicates-import'));
    expect(screen.getByTestId('import-run').textContent).toContain('2,128');
  });

  it('says so where no column says who it is', async () => {
    await open({ isImportForeign: true });
    await press('import-choose');
    expect((await screen.findByTestId('import-next')).getAttribute('aria-disabled')).toBe('true');
    expect(screen.getAllByText(strings.nothingMapped).length).toBeGreaterThan(0);
  });

  it('says so offline, to who may not, and where the file can’t be read', async () => {
    await open({ isOffline: true, importError: 'import_empty' });
    expect(await screen.findByText(strings.offline)).toBeTruthy();
    await press('import-choose');
    expect((await screen.findByTestId('import-error')).textContent).toContain('no row');
    cleanup();
    for (const stop of stops.splice(0)) stop();
    await open({ isSales: true });
    expect((await screen.findByTestId('import-choose')).getAttribute('aria-disabled')).toBe('true');
  });
});

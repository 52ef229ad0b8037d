import { cleanup, render, screen, within } from '@testing-library/svelte';
import { afterEach, describe, expect, it, vi } from 'vitest';

import SettingsScreen from './SettingsScreen.svelte';
import { errorView, useBackend, type Backend } from '../../lib/backend';
import { createFake, type FakeOptions } from '../../lib/backend/fake';
import type { DeskEvent } from '../../lib/bindings/DeskEvent';
import { session } from '../../lib/session/session.svelte';
import { sync } from '../../lib/sync/sync.svelte';

const NOW = Date.parse('2026-11-20T14:02:00Z');
const CHANGED = { leads: false, conversations: false, messages: false, studio: false, billing: false, outbox: false };

const stops: (() => void)[] = [];

async function draw(options: Partial<FakeOptions>): Promise<{ desk: Backend; tell: (event: DeskEvent) => void }> {
  const desk = createFake({ leads: 1, now: NOW, ...options });
  const listen = vi.spyOn(desk, 'listen');
  await useBackend(desk);
  stops.push(await session.begin(), sync.begin());
  const tell = listen.mock.calls[0]?.[0];
  if (tell === undefined) throw new Error('nobody listens');
  render(SettingsScreen, { section: 'billing' });
  return { desk, tell };
}

afterEach(async () => {
  cleanup();
  for (const stop of stops.splice(0)) stop();
  await session.lock();
});

describe('Settings → Billing', () => {
  it('shows the subscription and every invoice, with its amount and its reference', async () => {
    await draw({ isOwner: true });
    const facts = await screen.findByTestId('billing-facts');
    expect(facts.textContent).toContain('Studio, monthly');
    expect(facts.textContent).toContain('6 members');
    expect(screen.getByTestId('billing-status').textContent).toContain('Active');
    const rows = screen.getAllByTestId('invoice');
    expect(rows).toHaveLength(14);
    const newest = within(rows[0] as HTMLElement);
    expect(newest.getByRole('rowheader').textContent).toBe('LUMEN-0014');
    expect(newest.getByText('€114.00')).toBeTruthy();
    expect(newest.getByRole('button', { name: 'Copy the reference of LUMEN-0014' })).toBeTruthy();
  });

  it('copies what Stripe knows an invoice and its payment by', async () => {
    const writeText = vi.fn().mockResolvedValue(undefined);
    vi.stubGlobal('navigator', { clipboard: { writeText } });
    await draw({ isOwner: true });
    const [newest] = await screen.findAllByTestId('invoice-copy');
    newest?.click();
    expect(writeText).toHaveBeenCalledWith('in_1QbHk14LkdIwHu7ixl4OzzP pi_3QbHk14LkdIwHu7ix28a3tq');
    await vi.waitFor(() => expect(newest?.textContent.trim()).toBe('Copied the reference of LUMEN-0014'));
    vi.unstubAllGlobals();
  });

  it.each([
    ['a manager', {}],
    ['who sells', { isSales: true }],
  ])('is not there for %s', async (_who, options) => {
    const { desk } = await draw(options);
    expect(screen.queryByTestId('settings-billing')).toBeNull();
    expect(screen.getByRole('heading', { level: 1 }).textContent).toBe('Appearance');
    await expect(desk.billing()).rejects.toEqual(errorView('not_found'));
  });

  it('reads again when it changed, and only then', async () => {
    const { desk, tell } = await draw({ isOwner: true });
    await screen.findByTestId('invoices');
    const billing = vi.spyOn(desk, 'billing').mockResolvedValue({ subscription: null, invoices: [] });
    tell({ changed: { ...CHANGED, leads: true } });
    expect(billing).not.toHaveBeenCalled();
    tell({ changed: { ...CHANGED, billing: true } });
    expect((await screen.findByTestId('billing-none')).textContent).toContain('No subscription is recorded');
  });

  it('keeps nothing of it once it may not be read any more', async () => {
    const { desk, tell } = await draw({ isOwner: true });
    await screen.findByTestId('invoices');
    vi.spyOn(desk, 'billing').mockRejectedValue(errorView('not_found'));
    tell({ changed: { ...CHANGED, billing: true } });
    await screen.findByTestId('billing-error');
    expect(screen.queryByTestId('invoices')).toBeNull();
  });

  it('offline, it says of when it is', async () => {
    await draw({ isOwner: true, isOffline: true });
    expect((await screen.findByTestId('billing-offline')).textContent).toContain('as of');
    expect(screen.getByTestId('invoices')).toBeTruthy();
  });

  it('says that it failed, and tries again', async () => {
    const { desk } = await draw({ isOwner: true, readError: 'cache_unavailable' });
    await screen.findByTestId('billing-error');
    vi.spyOn(desk, 'billing').mockResolvedValue({ subscription: null, invoices: [] });
    screen.getByRole('button', { name: 'Try again' }).click();
    await screen.findByTestId('billing-none');
  });

  it('does not say that there is none before the first sync has told', async () => {
    const firstSync = { rows_done: 1, rows_total: 9, rows_per_s: 1, remaining_s: null };
    await draw({ isOwner: true, billing: null, firstSync });
    expect((await screen.findByTestId('billing-none')).textContent).toContain('comes with the first sync');
  });
});

import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/svelte';
import { afterEach, describe, expect, it } from 'vitest';

import NavRail from './NavRail.svelte';
import { router } from './router.svelte';
import { useBackend } from '../backend';
import { createFake, type FakeOptions } from '../backend/fake';
import { outbox } from '../outbox/outbox.svelte';
import { session } from '../session/session.svelte';
import { strings } from '../strings/outbox';
import { sync } from '../sync/sync.svelte';

const stops: (() => void)[] = [];

async function draw(options: Partial<FakeOptions>): Promise<ReturnType<typeof createFake>> {
  const desk = createFake({ leads: 40, ...options });
  await useBackend(desk);
  stops.push(await session.begin(), sync.begin(), outbox.begin());
  render(NavRail, { onsearch: () => undefined });
  await waitFor(() => expect(outbox.counts).not.toBeNull());
  return desk;
}

afterEach(async () => {
  cleanup();
  for (const stop of stops.splice(0)) stop();
  await session.signOut('lose');
});

const place = (): string => screen.getByTestId('nav-outbox').textContent.replace(/\s+/g, ' ').trim();

describe('the outbox in the rail', () => {
  it('counts what waits, and apart from it what somebody has to look after', async () => {
    await draw({ isOffline: true, hasRefused: true, hasConflicts: true, waitingEdits: 2 });
    // One waits behind a refused one.
    await waitFor(() => expect(place()).toBe('Outbox 3 wait 5 need you'));
    expect(screen.getByTestId('status-line').textContent).toContain(strings.waitToBeSent(3));
    const link = screen.getByTestId('status-refused');
    expect(link.textContent).toBe(strings.wasRefused(3));
    await fireEvent.click(link);
    expect(router.route).toEqual({ screen: 'outbox' });
  });

  it('says nothing where all is on the server, and follows what is done', async () => {
    const desk = await draw({ isOffline: true });
    await waitFor(() => expect(place()).toBe('Outbox'));
    expect(screen.queryByTestId('status-refused')).toBeNull();
    const { lead } = await desk.leadDetail('lead-0000000');
    await desk.leadEdit(lead.id, { name: { from: lead.name, to: 'Nora Z.' } });
    await waitFor(() => expect(place()).toBe('Outbox 1 waits'));
  });
});

import { fireEvent, render, screen } from '@testing-library/svelte';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { useBackend, type Backend } from '../backend';
import { createFake } from '../backend/fake';
import type { Healed } from '../bindings/Healed';
import { strings } from '../strings/healed';
import HealedBanner from './HealedBanner.svelte';
import { healed } from './healed.svelte';

let stop: (() => void) | null = null;

async function show(found: Healed | null): Promise<Backend> {
  const fake = createFake({ phase: 'open', healed: found });
  await useBackend(fake);
  stop = healed.begin();
  render(HealedBanner);
  return fake;
}

afterEach(() => {
  stop?.();
  stop = null;
});

describe('what was found of the cache', () => {
  it('is told with what it may have cost, until somebody has taken note', async () => {
    const fake = await show({ at: 1, by: 'catching_up', missing: 2 });
    const banner = await screen.findByTestId('healed');
    expect(banner.textContent).toContain(strings.olderCopy);
    expect(banner.textContent).toContain(strings.missing(2));
    await fireEvent.click(screen.getByTestId('healed-dismiss'));
    await vi.waitFor(() => expect(screen.queryByTestId('healed')).toBeNull());
    expect(await fake.healedFind()).toBeNull();
  });

  it('names no loss where there is none', async () => {
    await show({ at: 1, by: 'rebuilding', missing: 0 });
    const banner = await screen.findByTestId('healed');
    expect(banner.textContent.trim().replaceAll(/\s+/g, ' ')).toBe(`${strings.rebuilt} ${strings.understood}`);
  });

  it('is nothing when all is as it was left', async () => {
    const fake = await show(null);
    expect(await fake.healedFind()).toBeNull();
    expect(screen.queryByTestId('healed')).toBeNull();
  });

  it('stays when it could not be put away', async () => {
    const fake = await show({ at: 1, by: 'catching_up', missing: 0 });
    vi.spyOn(fake, 'healedDismiss').mockRejectedValue({ code: 'disk_full' });
    await fireEvent.click(await screen.findByTestId('healed-dismiss'));
    await vi.waitFor(() => expect(fake.healedDismiss).toHaveBeenCalled());
    expect(screen.queryByTestId('healed')).not.toBeNull();
  });
});

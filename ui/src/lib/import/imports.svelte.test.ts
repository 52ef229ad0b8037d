import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { errorView, useBackend } from '../backend';
import { createFake, type FakeOptions } from '../backend/fake';
import { session } from '../session/session.svelte';
import { toasts } from '../ui/toast/toasts.svelte';
import { imports, saysWho, toBeAdded, withTarget } from './imports.svelte';

const stops: (() => void)[] = [];

async function open(options: Partial<FakeOptions> = {}): Promise<void> {
  await useBackend(createFake({ leads: 40, ...options }));
  stops.push(await session.begin(), imports.begin());
  imports.open();
}

const over = (what: () => boolean): Promise<void> => vi.waitFor(() => expect(what()).toBe(true), { timeout: 5000 });

beforeEach(() => {
  toasts.clear();
});

afterEach(async () => {
  for (const stop of stops.splice(0)) stop();
  await session.signOut('lose');
});

describe('an import', () => {
  it('goes from the file to its columns, its rows and a report', async () => {
    await open();
    expect(imports.step).toBe('file');
    await imports.choose();
    expect(imports.step).toBe('columns');
    expect(imports.targets).toEqual(['name', 'email', 'phone', 'stage', 'ignore']);
    expect(imports.choices.tag).toMatch(/^Import \d/);
    await imports.check();
    expect(imports.step).toBe('check');
    expect(imports.rows[0]?.outcome).toBe('new');
    await over(() => imports.checked?.state === 'checked');
    expect(imports.checked?.counts.new).toBe(2087);
    await imports.run();
    expect(imports.step).toBeNull();
    await over(() => imports.running !== null);
    await over(() => imports.ended !== null);
    expect(imports.running).toBeNull();
    expect(imports.ended).toMatchObject({ state: 'done', counts: { imported: 2087 } });
    expect(toasts.items[0]).toMatchObject({ isSticky: true });
    toasts.items[0]?.action?.run();
    expect(imports.step).toBe('report');
  });

  it('fills the studio’s own fields, each from one column', async () => {
    await open();
    await imports.choose();
    imports.setTarget(4, { custom: 'field-hours' });
    expect(imports.ownFields.map(({ name }) => name)).toEqual(['Hours booked']);
    await imports.check();
    expect(imports.rows[0]?.lead?.custom).toEqual({ 'field-hours': { number: 38_000 } });
    imports.setTarget(3, { custom: 'field-hours' });
    expect(imports.targets.slice(3)).toEqual([{ custom: 'field-hours' }, 'ignore']);
    expect(saysWho([{ custom: 'field-hours' }])).toBe(false);
  });

  it('says that what was added stays when it is cancelled, or fails', async () => {
    await open({ importRunError: 'disk_full' });
    await imports.choose();
    await imports.run();
    await over(() => imports.ended !== null);
    expect(imports.ended?.state).toMatchObject({ failed: { code: 'disk_full' } });
    expect(toasts.items[0]).toMatchObject({ tone: 'bad' });
    expect(toasts.items[0]?.detail).toMatch(/leads that were added by then stay/);
    imports.open();
    await imports.choose();
    await imports.run();
    await over(() => imports.running !== null);
    await imports.cancel();
    await over(() => imports.ended?.state === 'cancelled');
  });

  it('is one at a time', async () => {
    await open();
    await imports.choose();
    await imports.run();
    imports.open();
    expect(imports.step).toBeNull();
    expect(toasts.items).toHaveLength(1);
    await over(() => imports.ended !== null);
  });

  it('tells of one that fails before anything was told of it', async () => {
    await open();
    await imports.choose();
    await imports.run();
    const counts = { rows: 0, new: 0, in_file: 0, known: 0, refused: 0, imported: 0 };
    const failed = { failed: errorView('import_changed') };
    const rest = { import_id: 'import-1', bytes_done: 0, bytes_total: 9, refusals: [], file_name: 'a.csv' };
    imports.hear({ ...rest, counts, state: failed }, 0);
    expect(imports.ended?.state).toEqual(failed);
    expect(toasts.items[0]).toMatchObject({ tone: 'bad', detail: 'Nothing was added.' });
  });

  it('stays at the file where that can’t be read, and says why', async () => {
    await open({ importError: 'import_not_text' });
    await imports.choose();
    expect(imports.step).toBe('file');
    expect(imports.error?.code).toBe('import_not_text');
  });

  it('asks for somebody to be in a row before it looks at them', async () => {
    await open({ isImportForeign: true });
    await imports.choose();
    await imports.check();
    expect(imports.step).toBe('columns');
    imports.setTarget(1, 'email');
    await imports.check();
    expect(imports.step).toBe('check');
  });

  it('forgets what it showed when the desk is locked', async () => {
    await open();
    await imports.choose();
    for (const stop of stops.splice(1)) stop();
    expect(imports.file).toBeNull();
    expect(imports.step).toBeNull();
  });
});

describe('its columns', () => {
  it('become one thing each', () => {
    expect(withTarget(['name', 'email', 'ignore'], 2, 'email')).toEqual(['name', 'ignore', 'email']);
    expect(saysWho(['ignore', 'notes'])).toBe(false);
    expect(saysWho(['ignore', 'phone'])).toBe(true);
  });

  it('and its rows are counted with those that are there already only if they are wanted', () => {
    const counts = { rows: 10, new: 5, in_file: 2, known: 2, refused: 1, imported: 0 };
    expect(toBeAdded(counts, 'skip')).toBe(5);
    expect(toBeAdded(counts, 'import')).toBe(9);
  });
});

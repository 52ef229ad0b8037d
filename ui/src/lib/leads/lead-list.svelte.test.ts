import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { EVERY_LEAD } from '../backend/every-lead';
import { useBackend } from '../backend';
import { createFake } from '../backend/fake';
import type { Backend } from '../backend';
import { session } from '../session/session.svelte';
import { DEFAULT_QUERY } from './filter';
import { leadList } from './lead-list.svelte';

const LEADS = 1_200;
let desk: Backend;

beforeEach(async () => {
  desk = createFake({ leads: LEADS });
  await useBackend(desk);
  await session.begin();
  leadList.rows.show(0, 30);
  leadList.begin();
  await vi.waitFor(() => {
    expect(leadList.rows.count).toBe(LEADS);
  });
});

afterEach(async () => {
  await session.lock();
});

function row(index: number): NonNullable<ReturnType<typeof leadList.rows.rowAt>> {
  const found = leadList.rows.rowAt(index);
  if (found === undefined) throw new Error(`row ${String(index)} is not held`);
  return found;
}

describe('the lead list', () => {
  it('selects a range whose rows are not held', async () => {
    await leadList.toggle(row(10), 10);
    await leadList.extendTo(1_009);
    expect(leadList.selection.size).toBe(1_000);
    expect(leadList.isCollecting).toBe(false);
    await leadList.extendTo(12);
    expect(leadList.selection.size).toBe(3);
  });

  it('leaves one lead out of all', async () => {
    leadList.selectAll();
    expect(leadList.selection.has('any')).toBe(true);
    await leadList.toggle(row(0), 0);
    expect(leadList.selection.size).toBe(LEADS - 1);
    expect(leadList.selection.has(row(0).id)).toBe(false);
  });

  it('drops a slow range when something else was selected meanwhile', async () => {
    await leadList.toggle(row(0), 0);
    const slow = leadList.extendTo(1_100);
    leadList.clearSelection();
    await slow;
    expect(leadList.selection.isEmpty).toBe(true);
  });

  it('lets go of the selection when the filter changes, so that nothing unseen is exported', async () => {
    await leadList.toggle(row(0), 0);
    leadList.filterBy({ ...EVERY_LEAD, stages: ['stage-won'] });
    expect(leadList.selection.isEmpty).toBe(true);
    expect(leadList.isEdited).toBe(true);
    await vi.waitFor(() => {
      expect(leadList.rows.count).toBeLessThan(LEADS);
    });
    expect(row(0).stage_id).toBe('stage-won');
  });

  it('holds nothing of any lead once the desk is locked', async () => {
    await leadList.toggle(row(0), 0);
    leadList.filterBy({ ...EVERY_LEAD, tags: ['VIP'] });
    await session.lock();
    expect(leadList.rows.rowAt(0)).toBeUndefined();
    expect(leadList.rows.count).toBeNull();
    expect(leadList.selection.isEmpty).toBe(true);
    expect(leadList.cursor.id).toBeNull();
    expect(leadList.query).toEqual(DEFAULT_QUERY);
  });
});

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import type { LeadEdit } from '../bindings/LeadEdit';
import type { LeadDetail } from '../bindings/LeadDetail';
import { createFake, type FakeOptions } from './fake';
import type { Backend } from './backend';

const FIRST = 'lead-0000000';

let desk: Backend;

const open = (options: Partial<FakeOptions> = {}): void => {
  desk = createFake({ leads: 40, ...options });
};
const lead = (id = FIRST): Promise<LeadDetail> => desk.leadDetail(id);
const named = async (to: string): Promise<LeadEdit> => ({ name: { from: (await lead()).lead.name, to } });
/** The server has done, or refused, what reached it. */
const server = (): Promise<unknown> => vi.advanceTimersByTimeAsync(1_000);

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('edits of the desk in memory', () => {
  it('are shown at once, wait while offline, and are sent when online', async () => {
    open({ isOffline: true });
    const acted = await desk.leadEdit(FIRST, await named('Nora Z.'));
    expect(acted).toEqual({ changed: 1, undo: expect.any(String) as string });
    await server();
    expect(await lead()).toMatchObject({ lead: { name: 'Nora Z.' }, unsent: ['name'] });
    expect(await desk.outboxCounts()).toEqual({ waiting: 1, refused: 0, conflicts: 0 });

    open();
    await desk.leadEdit(FIRST, await named('Nora Z.'));
    expect((await lead()).unsent).toEqual(['name']);
    await server();
    expect(await lead()).toMatchObject({ lead: { name: 'Nora Z.' }, unsent: [], conflicts: [] });
    expect(await desk.outboxPage(0, 100)).toEqual([]);
  });

  it('are taken back once', async () => {
    open();
    const before = (await lead()).lead.name;
    const { undo } = await desk.leadEdit(FIRST, await named('Nora Z.'));
    expect((await desk.undo(undo ?? '')).changed).toBe(1);
    expect((await lead()).lead.name).toBe(before);
    await expect(desk.undo(undo ?? '')).rejects.toMatchObject({ code: 'not_found' });
  });

  it('are refused where they can’t be, and change nothing then', async () => {
    open();
    const edit: LeadEdit = { email: { from: (await lead()).lead.email, to: 'nobody' } };
    await expect(desk.leadEdit(FIRST, edit)).rejects.toMatchObject({ code: 'invalid_input' });
    await expect(desk.leadEdit('lead-9', edit)).rejects.toMatchObject({ code: 'invalid_input' });
    expect((await lead()).unsent).toEqual([]);
  });

  it('stay when the server refuses them, hold those behind them, and go when they are given up', async () => {
    open({ refusal: { invalid: 'name' } });
    const before = (await lead()).lead.name;
    await desk.leadEdit(FIRST, await named('Nora Z.'));
    await server();
    await desk.leadEdit(FIRST, { notes: { from: (await lead()).lead.notes, to: 'Rang.' } });
    await server();
    const [refused, held] = await desk.outboxPage(0, 100);
    expect(refused?.state).toEqual({ refused: { invalid: 'name' } });
    expect(held?.state).toBe('held');
    await expect(desk.outboxDiscard(held?.id ?? '')).rejects.toMatchObject({ code: 'not_found' });
    await desk.outboxDiscard(refused?.id ?? '');
    expect((await lead()).lead).toMatchObject({ name: before, notes: 'Rang.' });
  });

  it('meet those of others: a conflict is decided, tags are merged', async () => {
    open({ isOvertaken: true });
    const { lead: before } = await lead();
    await desk.leadEdit(FIRST, { notes: { from: before.notes, to: 'Mine.' } });
    await desk.leadEdit(FIRST, { tags: { from: before.tags, to: [...before.tags, 'Mine'] } });
    await server();
    const { lead: after, conflicts } = await lead();
    expect(after.tags).toEqual(expect.arrayContaining(['Mine', 'Seen by Vik']));
    expect(conflicts.map(({ field }) => field)).toEqual(['notes']);
    const [conflict] = conflicts;
    if (conflict === undefined) throw new Error('no conflict');
    const theirs = after.notes;
    await desk.conflictSettle(FIRST, conflict.operation_id, 'notes', 'both');
    expect(await lead()).toMatchObject({ lead: { notes: `${theirs}\n\nMine.` }, conflicts: [] });
    await expect(desk.conflictSettle(FIRST, conflict.operation_id, 'notes', 'yours')).rejects.toMatchObject({
      code: 'not_found',
    });
  });

  it('are made of many leads at once, but not by everybody', async () => {
    open();
    const acted = await desk.leadsChange('all', { stage: 'stage-won' });
    expect(acted.changed).toBeGreaterThan(20);
    expect(await desk.leadCount({ ...(await import('./every-lead')).EVERY_LEAD, stages: ['stage-won'] })).toBe(40);
    expect((await desk.leadsChange('all', { stage: 'stage-won' })).changed).toBe(0);
    await desk.undo(acted.undo ?? '');
    expect((await desk.leadsChange('all', { stage: 'stage-won' })).changed).toBe(acted.changed);
    open({ isSales: true });
    await expect(desk.leadsChange('all', { owner: null })).rejects.toMatchObject({ code: 'not_allowed' });
  });
});

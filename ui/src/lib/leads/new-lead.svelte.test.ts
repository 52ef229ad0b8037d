import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { useBackend, type Backend } from '../backend';
import { createFake, type FakeOptions } from '../backend/fake';
import { POOL } from '../edit/choices';
import { session } from '../session/session.svelte';
import { strings as editStrings } from '../strings/edit';
import { toasts } from '../ui/toast/toasts.svelte';
import { newLead, readNewLead } from './new-lead.svelte';
import type { LeadFilter } from '../bindings/LeadFilter';

let desk: Backend;
let stop: () => void;

async function open(options: Partial<FakeOptions> = {}): Promise<void> {
  desk = createFake({ leads: 40, ...options });
  await useBackend(desk);
  stop = await session.begin();
  newLead.open();
}

beforeEach(() => {
  toasts.clear();
});

afterEach(async () => {
  newLead.forget();
  stop();
  await session.signOut('lose');
});

describe('a new lead', () => {
  it('is read from what was typed, or says at each field what is wrong', async () => {
    await open();
    const typed = newLead.typed;
    if (typed === null) throw new Error('it is open');
    const wrong = readNewLead({ ...typed, name: ' ', phone: '07700 900118', email: 'nobody', value: 'much' }, []);
    expect(wrong).toEqual({
      problems: {
        name: editStrings.problems.name_empty,
        phone: editStrings.problems.phone,
        email: editStrings.problems.email,
        value_minor: editStrings.problems.value,
      },
    });
    const full = { ...typed, name: ' Mira ', phone: '+44 7700 900-118', value: '1,250.50', tag: 'VIP' };
    const right = readNewLead(full, []);
    expect(right).toMatchObject({
      lead: { name: 'Mira', phone: '+447700900118', email: null, value_minor: 125_050, tags: ['VIP'], owner_id: null },
    });
  });

  it('is added, told with Undo, and taken back by it', async () => {
    await open();
    const before = await desk.leadCount({ ...emptyFilter });
    newLead.change({ name: 'Mira' });
    expect(await newLead.add()).toBe(true);
    expect(newLead.isOpen).toBe(false);
    expect(await desk.leadCount({ ...emptyFilter })).toBe(before + 1);
    expect((await desk.outboxPage(0, 9))[0]?.act).toMatchObject({ lead_created: { name: 'Mira' } });
    expect(toasts.items[0]?.text).toBe('Mira added');
    toasts.items[0]?.action?.run();
    await Promise.resolve();
    expect(await desk.leadCount({ ...emptyFilter })).toBe(before);
  });

  it('stays open where something is wrong, and says so until it is right', async () => {
    await open();
    expect(await newLead.add()).toBe(false);
    expect(newLead.problems.name).toBe(editStrings.problems.name_empty);
    newLead.change({ name: 'Mira' });
    expect(newLead.problems.name).toBeUndefined();
  });

  it('says who is here already, and keeps what was typed while one looks', async () => {
    await open();
    const first = (await desk.leadPage({ filter: emptyFilter, sort: { column: 'name', descending: false } }, 0, 40))
      .rows;
    const known = first.find((row) => row.phone !== null);
    if (known === undefined) throw new Error('somebody has a number');
    newLead.change({ name: 'Mira', phone: known.phone ?? '' });
    await new Promise((resolve) => setTimeout(resolve));
    expect(newLead.known).toEqual({ lead_id: expect.any(String) as string, name: expect.any(String) as string });
    newLead.leave();
    newLead.open();
    expect(newLead.typed?.name).toBe('Mira');
    newLead.change({ phone: `${known.phone ?? ''}9` });
    await new Promise((resolve) => setTimeout(resolve));
    expect(newLead.known).toBeNull();
  });

  it('is a seller’s own at first, and nobody’s at a manager’s', async () => {
    await open({ isSales: true });
    expect(newLead.typed?.ownerId).toBe(session.view.me.id);
    newLead.forget();
    stop();
    await open();
    expect(newLead.typed?.ownerId).toBe(POOL);
  });

  it('has what was typed of the studio’s own fields, or says what is wrong with it', async () => {
    await open();
    const typed = newLead.typed;
    if (typed === null) throw new Error('it is open');
    const read = (custom: Record<string, string>) =>
      readNewLead({ ...typed, name: 'Mira', custom }, session.fieldsInUse);
    expect(read({ 'field-hours': 'many', 'field-day': '31 Jan' })).toEqual({
      problems: { 'custom.field-hours': editStrings.problems.number, 'custom.field-day': editStrings.problems.date },
    });
    const given = { 'field-hours': '2.5', 'field-package': 'option-gold', 'field-parking': 'no', 'field-partner': ' ' };
    const right = read(given);
    expect('lead' in right && right.lead.custom).toEqual({
      'field-hours': { number: 2_500 },
      'field-package': { choice: 'option-gold' },
      'field-parking': { yes_no: false },
    });
    newLead.change({ name: 'Mira', custom: given });
    expect(await newLead.add()).toBe(true);
    const page = await desk.leadPage({ filter: emptyFilter, sort: { column: 'created_at', descending: true } }, 0, 1);
    expect(page.rows[0]?.custom['field-hours']).toEqual({ number: 2_500 });
  });

  it('keeps what was typed where the disk is full', async () => {
    await open({ editError: 'disk_full' });
    newLead.change({ name: 'Mira' });
    expect(await newLead.add()).toBe(false);
    expect(newLead.error?.code).toBe('disk_full');
    expect(newLead.typed?.name).toBe('Mira');
  });
});

const emptyFilter: LeadFilter = {
  state: 'active',
  stages: [],
  owners: [],
  sources: [],
  tags: [],
  created_from: null,
  created_before: null,
  active_from: null,
  active_before: null,
  custom: [],
};

import { beforeEach, describe, expect, it, vi } from 'vitest';
import { useBackend } from '../backend';
import type { Backend } from '../backend/backend';
import { errorView } from '../backend/error-view';
import { createFake } from '../backend/fake';
import { isEmail, Members, standing } from './members.svelte';

let fake: Backend;

beforeEach(async () => {
  fake = createFake({ isOwner: true });
  await useBackend(fake);
});

describe('members', () => {
  it('shows what came of an act', async () => {
    const members = new Members();
    await members.load();
    const before = members.view?.invitations.length ?? 0;
    await members.invite('new@example.com', 'sales');
    expect(members.view?.invitations).toHaveLength(before + 1);
    expect(members.view?.invitations[0]?.invitation.email).toBe('new@example.com');
    const vik = members.view?.members.find(({ member }) => member.name === 'Vik Rao');
    await members.changeRole(vik?.member.id ?? '', 'manager');
    expect(members.view?.members.find(({ member }) => member.id === vik?.member.id)?.member.role).toBe('manager');
    await members.remove(vik?.member.id ?? '');
    expect(members.view?.members.some(({ member }) => member.id === vik?.member.id)).toBe(false);
  });

  it('asks anew after an act that was refused', async () => {
    const members = new Members();
    await members.load();
    const list = vi.spyOn(fake, 'memberList');
    vi.spyOn(fake, 'memberRemove').mockRejectedValue(errorView('last_owner'));
    await expect(members.remove('member-ines')).rejects.toMatchObject({ code: 'last_owner' });
    expect(list).toHaveBeenCalledTimes(1);
    expect(members.isBusy).toBe(false);
  });

  it('keeps the answer that was asked for last', async () => {
    const members = new Members();
    let late: () => void = () => undefined;
    const view = await fake.memberList();
    vi.spyOn(fake, 'memberList')
      .mockImplementationOnce(() => new Promise((resolve) => (late = () => resolve({ ...view, invitations: [] }))))
      .mockResolvedValueOnce(view);
    const first = members.load();
    await members.load();
    late();
    await first;
    expect(members.view?.invitations).toEqual(view.invitations);
  });
});

describe('an invitation', () => {
  it('is told by its mail, until it is over', async () => {
    const [pending] = (await fake.memberList()).invitations;
    if (pending === undefined) throw new Error('the studio has invitations');
    const { expires_at } = pending.invitation;
    expect(standing(pending, expires_at - 1)).toBe(pending.invitation.mail.state);
    expect(standing(pending, expires_at)).toBe('expired');
  });

  it('goes to what has the form of an address', () => {
    for (const good of ['nora@example.com', ' nora+tag@mail.example.com ', 'ñora@bücher.example']) {
      expect(isEmail(good), good).toBe(true);
    }
    for (const bad of ['', 'nora', 'nora@', '@example.com', 'nora@example', 'a b@example.com', 'a@b@c.example']) {
      expect(isEmail(bad), bad).toBe(false);
    }
  });
});

// Members and invitations of the desk in memory: the rules of the real one, as far as a screen can see them.

import type { Invitation } from '../bindings/Invitation';
import type { Member } from '../bindings/Member';
import type { MembersView } from '../bindings/MembersView';
import type { Role } from '../bindings/Role';
import { errorView } from './error-view';
import type { FakeOptions } from './fake-options';

const DAY_MS = 24 * 60 * 60_000;
const ROLES: Role[] = ['admin', 'owner', 'manager', 'sales'];

export class FakeMembers {
  #members: Member[];
  #invitations: Invitation[];
  readonly #me: Member;
  readonly #options: FakeOptions;
  #made = 0;

  constructor(members: Member[], me: Member, options: FakeOptions) {
    this.#members = members.filter((member) => !member.is_former);
    this.#me = me;
    this.#options = options;
    const { now } = options;
    const invited = (n: number, email: string, role: Role, mail: Invitation['mail'], days: number): Invitation => ({
      id: `invitation-${n}`,
      email,
      role,
      invited_by: me.id,
      created_at: now - days * DAY_MS,
      expires_at: now + (7 - days) * DAY_MS,
      mail,
    });
    this.#invitations =
      options.leads === 0
        ? []
        : [
            invited(1, 'ben.achterberg@example.com', 'sales', { state: 'sent', at: now - DAY_MS }, 1),
            invited(
              2,
              'lucia.fernandez.de.la.vega@photography.example.com',
              'sales',
              { state: 'failed', problem: 'refused' },
              2,
            ),
            invited(3, 'tomasz@example.com', 'admin', { state: 'postponed', problem: 'unreachable' }, 0),
            invited(4, 'noor@example.com', 'manager', { state: 'sent', at: now - 9 * DAY_MS }, 9),
          ];
  }

  view(): MembersView {
    const owners = this.#members.filter((member) => member.role === 'owner').length;
    const isOwner = this.#me.role === 'owner';
    const invitable = ROLES.filter((role) => isOwner || role !== 'owner');
    return {
      members: this.#members.map((member) => {
        const isLastOwner = member.role === 'owner' && owners === 1;
        const isOutOfReach = member.role === 'owner' && !isOwner;
        return {
          member,
          is_self: member.id === this.#me.id,
          is_last_owner: isLastOwner,
          roles: isOutOfReach ? [] : isLastOwner ? ['owner'] : invitable,
          may_remove: !isOutOfReach && !isLastOwner,
        };
      }),
      invitations: this.#invitations.map((invitation) => ({
        invitation,
        may_manage: isOwner || invitation.role !== 'owner',
      })),
      invitable,
      sends_mail: !this.#options.hasNoMail,
    };
  }

  changeRole(id: string, role: Role): void {
    this.#refuse();
    this.#members = this.#members.map((member) => (member.id === id ? { ...member, role } : member));
  }

  remove(id: string): void {
    this.#refuse();
    this.#members = this.#members.filter((member) => member.id !== id);
  }

  invite(email: string, role: Role): void {
    this.#refuse();
    if (this.#options.hasNoMail) throw errorView('mail_not_configured');
    if (this.#members.some((member) => member.email === email)) throw errorView('already_member');
    if (this.#invitations.some((invitation) => invitation.email === email)) throw errorView('already_invited');
    const { now } = this.#options;
    const id = `invitation-new-${this.#made++}`;
    const mail: Invitation['mail'] = { state: 'sent', at: now };
    this.#invitations = [
      { id, email, role, invited_by: this.#me.id, created_at: now, expires_at: now + 7 * DAY_MS, mail },
      ...this.#invitations,
    ];
  }

  send(id: string): void {
    this.#refuse();
    const { now } = this.#options;
    this.#invitations = this.#invitations.map((invitation) =>
      invitation.id === id
        ? { ...invitation, expires_at: now + 7 * DAY_MS, mail: { state: 'sent', at: now } }
        : invitation,
    );
  }

  withdraw(id: string): void {
    this.#refuse();
    this.#invitations = this.#invitations.filter((invitation) => invitation.id !== id);
  }

  #refuse(): void {
    if (this.#options.memberError) throw errorView(this.#options.memberError, false, 'req-3e3be2');
  }
}

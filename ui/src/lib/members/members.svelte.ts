// Members and invitations as the server lists them, and what is done about them. Needs the network.

import { asErrorView, backend } from '../backend';
import type { ErrorView } from '../bindings/ErrorView';
import type { InvitationId } from '../bindings/InvitationId';
import type { MemberId } from '../bindings/MemberId';
import type { MembersView } from '../bindings/MembersView';
import type { PendingInvitation } from '../bindings/PendingInvitation';
import type { Role } from '../bindings/Role';

export class Members {
  view = $state.raw<MembersView | null>(null);
  /** Why there is no list. */
  error = $state.raw<ErrorView | null>(null);
  /** What is under way: one act at a time. */
  isBusy = $state(false);

  /** Whether a mail is on its way, so that asking again soon tells how it went. */
  readonly isSending = $derived(
    this.view?.invitations.some(({ invitation }) => invitation.mail.state === 'waiting') ?? false,
  );

  #loads = 0;

  async load(): Promise<void> {
    const load = ++this.#loads;
    try {
      const view = await backend().memberList();
      // An answer that was overtaken says what was before.
      if (load !== this.#loads) return;
      this.view = view;
      this.error = null;
    } catch (reason) {
      if (load !== this.#loads) return;
      this.view = null;
      this.error = asErrorView(reason);
    }
  }

  /** Each rejects with an `ErrorView`; the list is asked for anew however it ends. */
  changeRole(id: MemberId, role: Role): Promise<void> {
    return this.#act(() => backend().memberChangeRole(id, role));
  }

  remove(id: MemberId): Promise<void> {
    return this.#act(() => backend().memberRemove(id));
  }

  invite(email: string, role: Role): Promise<void> {
    return this.#act(() => backend().invitationCreate(email, role));
  }

  sendAgain(id: InvitationId): Promise<void> {
    return this.#act(() => backend().invitationSend(id));
  }

  withdraw(id: InvitationId): Promise<void> {
    return this.#act(() => backend().invitationWithdraw(id));
  }

  async #act(act: () => Promise<void>): Promise<void> {
    if (this.isBusy) return;
    this.isBusy = true;
    try {
      await act();
    } finally {
      this.isBusy = false;
      await this.load();
    }
  }
}

/** Whether the text has the form of an address; whether anybody reads it only a mail could tell. */
export function isEmail(text: string): boolean {
  return /^[^\s@]+@[^\s@.]+(\.[^\s@.]+)+$/.test(text.trim());
}

export type InvitationStanding = 'waiting' | 'sent' | 'postponed' | 'failed' | 'expired' | 'unknown';

/** What an invitation's row says first. */
export function standing({ invitation }: PendingInvitation, now: number): InvitationStanding {
  return invitation.expires_at <= now ? 'expired' : invitation.mail.state;
}

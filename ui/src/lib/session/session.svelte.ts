// Who is signed in, and what every screen needs of the studio. While the desk is not open it holds nothing of either.

import { backend, asErrorView, onDeskEvent } from '../backend';
import type { CustomField } from '../bindings/CustomField';
import type { CustomFieldId } from '../bindings/CustomFieldId';
import type { ErrorView } from '../bindings/ErrorView';
import type { Member } from '../bindings/Member';
import type { MemberId } from '../bindings/MemberId';
import type { Permission } from '../bindings/Permission';
import type { SessionView } from '../bindings/SessionView';
import type { SignInRequest } from '../bindings/SignInRequest';
import type { SignOutEnd } from '../bindings/SignOutEnd';
import type { Stage } from '../bindings/Stage';
import type { StageId } from '../bindings/StageId';
import type { StartView } from '../bindings/StartView';
import type { UnsentAudit } from '../bindings/UnsentAudit';
import type { Departure } from './departure';
import { nextPhase, type PhaseEvent, type WindowPhase } from './phase';

class Session {
  phase = $state<WindowPhase>('starting');
  start = $state.raw<StartView | null>(null);
  /** Why the desk could not start at all. */
  failure = $state.raw<ErrorView | null>(null);
  /** How the account left this computer; null once somebody has signed in. */
  departure = $state.raw<Departure | null>(null);

  /** Whether the desk closed the cache because it was not as it was left; until it is opened again. */
  isAltered = $state(false);

  #view = $state.raw<SessionView | null>(null);
  readonly #members = $derived(new Map((this.#view?.members ?? []).map((member) => [member.id, member])));
  readonly #stages = $derived(new Map((this.#view?.stages ?? []).map((stage) => [stage.id, stage])));
  readonly #fields = $derived(new Map((this.#view?.fields ?? []).map((field) => [field.id, field])));
  /** The studio's own fields, in their order: those that are not put away, and of them those with a column in the list. */
  readonly fieldsInUse = $derived((this.#view?.fields ?? []).filter((field) => !field.is_archived));
  readonly listedFields = $derived(this.fieldsInUse.filter((field) => field.is_in_list));

  #closed = new Set<() => void>();
  #isSigningOut = false;
  /** What the desk told while the window was signing out itself. */
  #toldEnd: SignOutEnd | null = null;

  /** The open session; null while signed out or locked. */
  get current(): SessionView | null {
    return this.#view;
  }

  /** The open session, for screens that are only drawn while it is open. */
  get view(): SessionView {
    if (this.#view === null) throw new Error('A screen of the open desk was drawn while it was closed.');
    return this.#view;
  }

  /** Whether the member's role holds the permission, by the one matrix, which is Rust's. */
  may(permission: Permission): boolean {
    return this.view.permissions.includes(permission);
  }

  /** Absent for a member who has left. */
  findMember(id: MemberId): Member | undefined {
    return this.#members.get(id);
  }

  findStage(id: StageId): Stage | undefined {
    return this.#stages.get(id);
  }

  /** One of the studio's own fields; one that was added just now may be absent. */
  findField(id: CustomFieldId): CustomField | undefined {
    return this.#fields.get(id);
  }

  /** Calls back when the desk is locked or signed out: whoever holds rows or text lets go of them. */
  onClose(letGo: () => void): () => void {
    this.#closed.add(letGo);
    return () => this.#closed.delete(letGo);
  }

  /** Begins: listens to the desk and asks where to start. */
  async begin(): Promise<() => void> {
    const stop = onDeskEvent((event) => {
      if (event === 'altered') this.isAltered = true;
      else if (event === 'locked') this.#close({ kind: 'locked' });
      else if (typeof event === 'string') return;
      else if ('signed_out' in event) {
        // Of a sign-out of our own its answer tells, once it is here.
        if (this.#isSigningOut) this.#toldEnd = event.signed_out;
        else this.#leave(event.signed_out, false);
      } else if ('changed' in event && event.changed.studio) void this.#reload();
    });
    await this.restart();
    return stop;
  }

  async restart(): Promise<void> {
    this.failure = null;
    this.phase = 'starting';
    try {
      const start = await backend().start();
      this.start = start;
      if (start.phase === 'open') this.#view = await backend().session();
      this.#move({ kind: 'started', phase: start.phase });
    } catch (reason) {
      this.failure = asErrorView(reason);
      this.#move({ kind: 'start_failed' });
    }
  }

  async signIn(request: SignInRequest): Promise<void> {
    this.#view = await backend().signIn(request);
    this.departure = null;
    // Where the key is, and the address, are now what was just used.
    this.start = await backend().start();
    this.#move({ kind: 'signed_in' });
  }

  async unlock(passphrase: string | null): Promise<void> {
    this.#view = await backend().unlock(passphrase);
    this.isAltered = false;
    this.#move({ kind: 'unlocked' });
  }

  async lock(): Promise<void> {
    // The screen empties before the desk has answered.
    this.#close({ kind: 'locked' });
    await backend().lock();
  }

  /** Signs out, unless that would lose what `unsent` says to keep: the answer tells. */
  async signOut(unsent: UnsentAudit): Promise<SignOutEnd> {
    this.#isSigningOut = true;
    this.#toldEnd = null;
    try {
      const end = await backend().signOut(unsent);
      if ('unsent' in end) return end;
      this.start = await backend().start();
      // The desk’s own word, should the server have ended the session at the same time.
      this.#leave(this.#toldEnd ?? end, true);
      return end;
    } finally {
      this.#isSigningOut = false;
    }
  }

  async setLockAfterMinutes(minutes: number): Promise<void> {
    await backend().setLockAfterMinutes(minutes);
    await this.#reload();
  }

  async setLockWithScreen(locks: boolean): Promise<void> {
    await backend().setLockWithScreen(locks);
    await this.#reload();
  }

  async #reload(): Promise<void> {
    if (this.phase !== 'open') return;
    try {
      const view = await backend().session();
      // It may have been locked meanwhile.
      if (this.phase === 'open') this.#view = view;
    } catch {
      // The next change of the studio asks again; what is shown stays true until then.
    }
  }

  #leave(end: SignOutEnd, isOwn: boolean): void {
    // The event of a sign-out whose answer came first.
    if (this.phase === 'signed_out') return;
    this.departure = { end, isOwn };
    this.isAltered = false;
    this.#close({ kind: 'signed_out' });
  }

  #close(event: PhaseEvent): void {
    this.#move(event);
    for (const letGo of [...this.#closed]) letGo();
    this.#view = null;
  }

  #move(event: PhaseEvent): void {
    this.phase = nextPhase(this.phase, event);
  }
}

export const session = new Session();

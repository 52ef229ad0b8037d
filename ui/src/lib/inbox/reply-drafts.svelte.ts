// What is typed into conversations and not sent. The desk keeps it on disk: it is saved as one types, a moment later, and at
// once when one leaves. What could not be saved is held here over a lock, shown nowhere, and saved when the desk is open again.

import { asErrorView, backend } from '../backend';
import type { ConversationId } from '../bindings/ConversationId';
import type { ErrorView } from '../bindings/ErrorView';
import { session } from '../session/session.svelte';

/** From the last key to the disk. */
export const SAVE_AFTER_MS = 400;

class ReplyDrafts {
  #texts = $state.raw<ReadonlyMap<ConversationId, string>>(new Map());
  /** Why the last try to save failed. */
  error = $state.raw<ErrorView | null>(null);

  readonly #unsaved = new Set<ConversationId>();
  readonly #timers = new Map<ConversationId, ReturnType<typeof setTimeout>>();
  readonly #saving = new Map<ConversationId, Promise<void>>();
  #isFollowing = false;

  /** What is typed there; nothing until the desk has told what it keeps. */
  find(id: ConversationId): string | undefined {
    return this.#texts.get(id);
  }

  /** Reads what the desk keeps, unless there is something newer here. */
  async open(id: ConversationId): Promise<void> {
    this.#follow();
    if (this.#unsaved.has(id)) {
      await this.#save(id);
      return;
    }
    try {
      const kept = await backend().draft(id);
      // Typed while it was read: that is newer.
      if (!this.#unsaved.has(id)) this.#set(id, kept ?? '');
    } catch (reason) {
      this.error = asErrorView(reason);
      if (!this.#unsaved.has(id)) this.#set(id, '');
    }
  }

  type(id: ConversationId, text: string): void {
    this.#follow();
    this.#set(id, text);
    this.#unsaved.add(id);
    clearTimeout(this.#timers.get(id));
    this.#timers.set(
      id,
      setTimeout(() => void this.#save(id), SAVE_AFTER_MS),
    );
  }

  /** One leaves: what was typed is saved now. */
  leave(): void {
    for (const id of [...this.#unsaved]) void this.#save(id);
  }

  /** It is about to be sent: none of it is saved any more, and what is being saved is saved before. */
  async hold(id: ConversationId): Promise<void> {
    this.#settle(id);
    await this.#saving.get(id);
  }

  /** It was sent: the desk has dropped the draft with it. Something typed since stays. */
  sent(id: ConversationId, text: string): void {
    if (this.#texts.get(id) !== text) return;
    this.#settle(id);
    this.#set(id, '');
  }

  /** One after the other: the later text is the one that stays. */
  #save(id: ConversationId): Promise<void> {
    const before = this.#saving.get(id);
    // At once where it can be: a lock may come right after.
    const begun = before === undefined ? this.#saveNow(id) : before.then(() => this.#saveNow(id));
    const saving = begun.finally(() => {
      if (this.#saving.get(id) === saving) this.#saving.delete(id);
    });
    this.#saving.set(id, saving);
    return saving;
  }

  async #saveNow(id: ConversationId): Promise<void> {
    clearTimeout(this.#timers.get(id));
    this.#timers.delete(id);
    const text = this.#texts.get(id);
    if (text === undefined || !this.#unsaved.has(id)) return;
    try {
      await backend().draftSave(id, text);
      if (this.#texts.get(id) === text) this.#settle(id);
      this.error = null;
    } catch (reason) {
      const error = asErrorView(reason);
      // The conversation is gone, and with it what was to be said in it.
      if (error.code === 'not_found') this.#settle(id);
      else this.error = error;
    }
  }

  #settle(id: ConversationId): void {
    clearTimeout(this.#timers.get(id));
    this.#timers.delete(id);
    this.#unsaved.delete(id);
  }

  #set(id: ConversationId, text: string): void {
    this.#texts = new Map(this.#texts).set(id, text);
  }

  #follow(): void {
    if (this.#isFollowing) return;
    this.#isFollowing = true;
    const letGo = session.onClose(() => {
      if (session.phase === 'signed_out') this.#unsaved.clear();
      else this.leave();
      // What is saved is read again when it is needed.
      this.#texts = new Map([...this.#texts].filter(([id]) => this.#unsaved.has(id)));
      this.error = null;
      letGo();
      this.#isFollowing = false;
    });
  }
}

export const replyDrafts = new ReplyDrafts();

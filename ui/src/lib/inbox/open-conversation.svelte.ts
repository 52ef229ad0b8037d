// The conversation that is open: its row, its messages, and its lead. Follows all three.

import { asErrorView, backend } from '../backend';
import type { Changed } from '../bindings/Changed';
import type { ConversationId } from '../bindings/ConversationId';
import type { ConversationRow } from '../bindings/ConversationRow';
import type { ErrorView } from '../bindings/ErrorView';
import type { Message } from '../bindings/Message';
import type { MessageId } from '../bindings/MessageId';
import { Thread } from './thread.svelte';

export class OpenConversation {
  row = $state.raw<ConversationRow | null>(null);
  error = $state.raw<ErrorView | null>(null);
  readonly thread = new Thread();

  private id: ConversationId | null = null;
  private ticket = 0;

  get isMissing(): boolean {
    return this.error?.code === 'not_found';
  }

  /**
   * `known`: its row, where a list already has it, so that the name is there in the same frame. `searched`: the words by
   * which `target` was found.
   */
  open(
    id: ConversationId,
    target: MessageId | null,
    known: ConversationRow | undefined,
    searched: string | null = null,
  ): void {
    if (id !== this.id) this.row = known ?? null;
    this.id = id;
    this.error = null;
    void this.readRow();
    void this.thread.open(id, target, searched);
  }

  /** Something changed; gives the messages that came in. */
  async refresh(changed: Changed): Promise<Message[]> {
    if (this.id === null) return [];
    if (changed.conversations || changed.leads) void this.readRow();
    return changed.messages ? this.thread.refresh() : [];
  }

  async retry(): Promise<void> {
    await Promise.all([this.readRow(), this.thread.retry()]);
  }

  private async readRow(): Promise<void> {
    if (this.id === null) return;
    this.ticket += 1;
    const ticket = this.ticket;
    try {
      const row = await backend().conversation(this.id);
      if (ticket !== this.ticket) return;
      this.row = row;
      this.error = null;
    } catch (reason) {
      if (ticket !== this.ticket) return;
      this.error = asErrorView(reason);
    }
  }
}

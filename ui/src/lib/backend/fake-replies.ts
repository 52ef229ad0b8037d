// Replies, drafts and colleagues of the desk in memory: shown at once, sent a moment later where the server can be reached.

import type { ConversationId } from '../bindings/ConversationId';
import type { Message } from '../bindings/Message';
import type { OperationId } from '../bindings/OperationId';
import type { OutboxRefusal } from '../bindings/OutboxRefusal';
import type { OutboxRow } from '../bindings/OutboxRow';
import type { OutboxState } from '../bindings/OutboxState';
import type { Replied } from '../bindings/Replied';
import type { UnsentReply } from '../bindings/UnsentReply';
import { errorView } from './error-view';
import type { FakeOptions } from './fake-options';

/** How long the server takes. */
const SERVER_MS = 250;
const MOST_BYTES = 65_536;

/** What replies need of the desk. */
export interface AnsweredDesk {
  /** Messages of a conversation, to be changed in place. */
  thread(id: ConversationId): Message[];
  leadName(id: ConversationId): string;
  isClosed(id: ConversationId): boolean;
  isOnline(): boolean;
  /** Conversations, messages and outbox changed. */
  changed(): void;
  memberId: string;
}

interface FakeReply {
  id: OperationId;
  message: Message;
  refusal: OutboxRefusal | null;
  isSent: boolean;
}

export class FakeReplies {
  #replies: FakeReply[] = [];
  readonly #drafts = new Map<ConversationId, string>();
  #made = 0;

  constructor(
    private readonly desk: AnsweredDesk,
    private readonly options: FakeOptions,
  ) {}

  /** What was there before the start. */
  begin(): void {
    if (this.options.hasDraft) this.#drafts.set('conversation-0000001', 'Yes, we could do Saturday at');
    if (!this.options.hasRefusedReply) return;
    const refused = this.#add('conversation-0000000', 'Friday at six is free. Shall I hold it for you?', 40);
    refused.refusal = 'forbidden';
    this.#add('conversation-0000000', 'The studio is two minutes from the station.', 38);
  }

  reply(id: ConversationId, body: string): Replied {
    if (this.options.editError !== null)
      throw errorView(this.options.editError, true, '51ed17ed-0f1e-4b0b-9a52-c7a1f0b3e6d4');
    const isTooLong = new TextEncoder().encode(body).length > MOST_BYTES;
    if (body.trim() === '' || isTooLong || this.desk.isClosed(id)) throw errorView('invalid_input');
    const reply = this.#add(id, body, 0);
    this.#drafts.delete(id);
    this.desk.changed();
    this.#send();
    return { message_id: reply.message.id, operation_id: reply.id };
  }

  takeBack(id: OperationId): void {
    const reply = this.#replies.find((one) => one.id === id && one.refusal === null && !one.isSent);
    if (reply === undefined) throw errorView('not_found');
    const { conversation_id, body } = reply.message;
    this.#remove(reply);
    const since = this.#drafts.get(conversation_id);
    this.#drafts.set(conversation_id, since === undefined ? body : `${body}\n\n${since}`);
    this.desk.changed();
  }

  has(id: OperationId): boolean {
    return this.#replies.some((one) => one.id === id);
  }

  retry(id: OperationId): void {
    const reply = this.#replies.find((one) => one.id === id);
    if (reply === undefined) throw errorView('not_found');
    reply.refusal = null;
    this.desk.changed();
    this.#send();
  }

  discard(id: OperationId): void {
    const reply = this.#replies.find((one) => one.id === id && one.refusal !== null);
    if (reply === undefined) throw errorView('not_found');
    this.#remove(reply);
    this.desk.changed();
    this.#send();
  }

  rows(): OutboxRow[] {
    return this.#replies.map((reply) => ({
      id: reply.id,
      at: reply.message.sent_at,
      state: this.#stateOf(reply),
      act: {
        replied: {
          conversation_id: reply.message.conversation_id,
          lead_name: this.desk.leadName(reply.message.conversation_id),
          body: reply.message.body,
        },
      },
    }));
  }

  counts(): { waiting: number; refused: number; drafts: number } {
    const refused = this.#replies.filter((reply) => reply.refusal !== null).length;
    return { waiting: this.#replies.length - refused, refused, drafts: this.#drafts.size };
  }

  unsentOf(messages: readonly Message[]): UnsentReply[] {
    const shown = new Set(messages.map((message) => message.id));
    return this.#replies
      .filter(({ message }) => shown.has(message.id))
      .map((reply) => ({
        message_id: reply.message.id,
        operation_id: reply.id,
        state: this.#stateOf(reply),
        can_take_back: reply.refusal === null && !reply.isSent,
      }));
  }

  draft(id: ConversationId): string | null {
    return this.#drafts.get(id) ?? null;
  }

  save(id: ConversationId, body: string): void {
    if (this.options.editError !== null)
      throw errorView(this.options.editError, true, '51ed17ed-0f1e-4b0b-9a52-c7a1f0b3e6d4');
    const had = this.#drafts.has(id);
    if (body === '') this.#drafts.delete(id);
    else this.#drafts.set(id, body);
    if (had !== this.#drafts.has(id)) this.desk.changed();
  }

  #stateOf(reply: FakeReply): OutboxState {
    if (reply.refusal !== null) return { refused: reply.refusal };
    const before = this.#replies.slice(0, this.#replies.indexOf(reply));
    const isHeld = before.some(
      (one) => one.refusal !== null && one.message.conversation_id === reply.message.conversation_id,
    );
    return isHeld ? 'held' : 'waiting';
  }

  #add(id: ConversationId, body: string, minutesAgo: number): FakeReply {
    this.#made += 1;
    const thread = this.desk.thread(id);
    const now = minutesAgo === 0 ? Date.now() : this.options.now - minutesAgo * 60_000;
    const message: Message = {
      id: `reply-${this.#made}`,
      conversation_id: id,
      lead_id: thread[0]?.lead_id ?? '',
      direction: 'outbound',
      author_id: this.desk.memberId,
      body,
      status: 'queued',
      failure_reason: null,
      sent_at: Math.max(now, thread.at(-1)?.sent_at ?? 0),
    };
    thread.push(message);
    const reply: FakeReply = { id: `reply-act-${this.#made}`, message, refusal: null, isSent: false };
    this.#replies.push(reply);
    return reply;
  }

  #remove(reply: FakeReply): void {
    this.#replies = this.#replies.filter((one) => one !== reply);
    const thread = this.desk.thread(reply.message.conversation_id);
    thread.splice(thread.indexOf(reply.message), 1);
  }

  /** The server does what waits, in its order, a moment later. */
  #send(): void {
    if (!this.desk.isOnline()) return;
    for (const reply of this.#replies) if (this.#stateOf(reply) === 'waiting') reply.isSent = true;
    setTimeout(() => {
      for (const reply of [...this.#replies]) {
        if (!reply.isSent || this.#stateOf(reply) !== 'waiting') continue;
        reply.refusal = this.options.refusal;
        if (reply.refusal === null) this.#replies = this.#replies.filter((one) => one !== reply);
      }
      this.desk.changed();
    }, SERVER_MS);
  }
}

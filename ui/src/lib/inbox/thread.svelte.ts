// The messages of one conversation, as far as they are held: a window that grows at the end one scrolls to, and is cut at the
// other. Follows the conversation: at its newest end, new messages and new delivery marks come in by themselves.

import { asErrorView, backend } from '../backend';
import type { ConversationId } from '../bindings/ConversationId';
import type { ErrorView } from '../bindings/ErrorView';
import type { Message } from '../bindings/Message';
import type { MessageAnchor } from '../bindings/MessageAnchor';
import type { MessageId } from '../bindings/MessageId';
import type { MessagePage } from '../bindings/MessagePage';
import type { Span } from '../bindings/Span';
import type { UnsentReply } from '../bindings/UnsentReply';

export const PAGE = 50;
/** More than these are never held at once. */
export const MOST_HELD = 400;

export class Thread {
  messages = $state.raw<readonly Message[]>([]);
  /** Where the words that were searched for stand, in the messages that hold them. */
  spans = $state.raw<ReadonlyMap<MessageId, readonly Span[]>>(new Map());
  /** Those of the messages that are not on the server. */
  unsent = $state.raw<ReadonlyMap<MessageId, UnsentReply>>(new Map());
  hasOlder = $state.raw(false);
  hasNewer = $state.raw(false);
  historyIncomplete = $state.raw(false);
  /** Whether the first messages were read. */
  isLoaded = $state.raw(false);
  isLoadingOlder = $state.raw(false);
  isLoadingNewer = $state.raw(false);
  error = $state.raw<ErrorView | null>(null);
  /** The message it was opened at is not here. */
  isTargetMissing = $state.raw(false);

  private conversationId: ConversationId | null = null;
  private target: MessageId | null = null;
  private searched: string | null = null;
  private ticket = 0;
  private isRefreshing = false;
  private refreshAgain = false;

  /** Reads a conversation: at its newest messages, or around one of them, which was found by the words of `searched`. */
  async open(conversationId: ConversationId, target: MessageId | null, searched: string | null = null): Promise<void> {
    this.ticket += 1;
    const ticket = this.ticket;
    const isOther = conversationId !== this.conversationId;
    this.conversationId = conversationId;
    this.target = target;
    this.searched = searched;
    this.isTargetMissing = false;
    this.isLoadingOlder = false;
    this.isLoadingNewer = false;
    this.isRefreshing = false;
    this.refreshAgain = false;
    this.error = null;
    if (isOther) {
      this.messages = [];
      this.spans = new Map();
      this.unsent = new Map();
      this.isLoaded = false;
      this.hasOlder = false;
      this.hasNewer = false;
    }
    try {
      const page = await this.readAt(conversationId, target, ticket);
      if (page === null) return;
      this.take(page);
      this.isLoaded = true;
    } catch (reason) {
      if (ticket === this.ticket) this.error = asErrorView(reason);
    }
  }

  private async readAt(id: ConversationId, target: MessageId | null, ticket: number): Promise<MessagePage | null> {
    if (target !== null) {
      try {
        const page = await this.read(id, { around: target }, ticket);
        if (page === null || page.messages.some((message) => message.id === target)) return page;
      } catch (reason) {
        if (asErrorView(reason).code !== 'not_found') throw reason;
      }
      // It may be older than what the first sync brought, or deleted: the newest ones then.
      if (ticket === this.ticket) this.isTargetMissing = true;
    }
    return this.read(id, 'newest', ticket);
  }

  private async read(id: ConversationId, anchor: MessageAnchor, ticket: number): Promise<MessagePage | null> {
    const page = await backend().messagePage(id, anchor, PAGE, this.searched);
    return ticket === this.ticket ? page : null;
  }

  private take(page: MessagePage): void {
    this.messages = page.messages;
    this.light(page);
    this.hasOlder = page.has_older;
    this.hasNewer = page.has_newer;
    this.historyIncomplete = page.history_incomplete;
  }

  /** What the page tells of its messages replaces what was known of them; those that are no longer held are forgotten. */
  private light(page: MessagePage): void {
    this.mark(page);
    if (this.spans.size === 0 && page.found.length === 0) return;
    const spans = new Map(page.found.map((found): [MessageId, readonly Span[]] => [found.message_id, found.spans]));
    const told = new Set(page.messages.map((message) => message.id));
    for (const { id } of this.messages) {
      const known = this.spans.get(id);
      if (known !== undefined && !told.has(id)) spans.set(id, known);
    }
    this.spans = spans;
  }

  private mark(page: MessagePage): void {
    if (this.unsent.size === 0 && page.unsent.length === 0) return;
    const told = new Set(page.messages.map((message) => message.id));
    const held = new Set(this.messages.map((message) => message.id));
    const others = [...this.unsent].filter(([id]) => held.has(id) && !told.has(id));
    this.unsent = new Map([...others, ...page.unsent.map((one): [MessageId, UnsentReply] => [one.message_id, one])]);
  }

  async loadOlder(): Promise<void> {
    const [first] = this.messages;
    if (!this.hasOlder || this.isLoadingOlder || first === undefined || this.conversationId === null) return;
    const ticket = this.ticket;
    this.isLoadingOlder = true;
    try {
      const page = await this.read(this.conversationId, { before: first.id }, ticket);
      if (page === null) return;
      this.isLoadingOlder = false;
      // A refresh took another stretch meanwhile: these would not join it.
      if (this.messages[0]?.id !== first.id) return;
      const joined = [...page.messages, ...this.messages];
      this.hasNewer ||= joined.length > MOST_HELD;
      this.messages = joined.slice(0, MOST_HELD);
      this.light(page);
      this.hasOlder = page.has_older;
      this.historyIncomplete = page.history_incomplete;
    } catch (reason) {
      if (ticket === this.ticket) this.fail(reason);
    }
  }

  async loadNewer(): Promise<void> {
    const last = this.messages.at(-1);
    if (!this.hasNewer || this.isLoadingNewer || last === undefined || this.conversationId === null) return;
    const ticket = this.ticket;
    this.isLoadingNewer = true;
    try {
      const page = await this.read(this.conversationId, { after: last.id }, ticket);
      if (page === null) return;
      this.isLoadingNewer = false;
      if (this.messages.at(-1)?.id !== last.id) return;
      const joined = [...this.messages, ...page.messages];
      this.hasOlder ||= joined.length > MOST_HELD;
      this.messages = joined.slice(-MOST_HELD);
      this.light(page);
      this.hasNewer = page.has_newer;
    } catch (reason) {
      if (ticket === this.ticket) this.fail(reason);
    }
  }

  private fail(reason: unknown): void {
    this.error = asErrorView(reason);
    this.isLoadingOlder = false;
    this.isLoadingNewer = false;
  }

  /** Goes to the newest messages, wherever it stood. */
  async toNewest(): Promise<void> {
    if (this.conversationId !== null) await this.open(this.conversationId, null, this.searched);
  }

  /** Does again what failed. */
  async retry(): Promise<void> {
    this.error = null;
    if (this.conversationId === null) return;
    if (!this.isLoaded) await this.open(this.conversationId, this.target, this.searched);
    else await this.refresh();
  }

  /**
   * Something changed. Returns the inbound messages that came in at the newest end. One at a time: changes that come while
   * it reads make it read once more.
   */
  async refresh(): Promise<Message[]> {
    if (this.conversationId === null || !this.isLoaded) {
      if (this.conversationId !== null && this.error !== null)
        await this.open(this.conversationId, this.target, this.searched);
      return [];
    }
    if (this.isRefreshing) {
      this.refreshAgain = true;
      return [];
    }
    const ticket = this.ticket;
    this.isRefreshing = true;
    const arrived: Message[] = [];
    try {
      do {
        this.refreshAgain = false;
        const anchor = this.refreshAnchor();
        const page = await this.read(this.conversationId, anchor, ticket);
        if (page === null) return [];
        arrived.push(...this.merge(page, anchor === 'newest'));
        this.error = null;
      } while (this.refreshAgain);
    } catch (reason) {
      if (ticket === this.ticket) this.error = asErrorView(reason);
    } finally {
      if (ticket === this.ticket) this.isRefreshing = false;
    }
    return arrived;
  }

  private refreshAnchor(): MessageAnchor {
    const last = this.messages.at(-1);
    if (!this.hasNewer || last === undefined) return 'newest';
    // Reading at some older place: only what is around it can have changed on screen.
    const middle = this.messages[Math.floor(this.messages.length / 2)];
    return { around: (middle ?? last).id };
  }

  private merge(page: MessagePage, isNewest: boolean): Message[] {
    const before = this.messages;
    const known = new Set(before.map((message) => message.id));
    const [first] = page.messages;
    const at = first === undefined ? -1 : before.findIndex((message) => message.id === first.id);
    this.historyIncomplete = page.history_incomplete;
    if (!isNewest) {
      const fresh = new Map(page.messages.map((message) => [message.id, message]));
      this.messages = before.map((message) => fresh.get(message.id) ?? message);
      this.light(page);
      return [];
    }
    if (at < 0) {
      // Nothing in common, or more above than was known: only the page is sure to be without gaps.
      const overlap = page.messages.some((message) => known.has(message.id));
      this.messages = page.messages;
      this.hasOlder = page.has_older;
      this.hasNewer = page.has_newer;
      if (!overlap) {
        this.light(page);
        return [];
      }
    } else {
      const joined = [...before.slice(0, at), ...page.messages];
      if (joined.length > MOST_HELD) this.hasOlder = true;
      if (at === 0) this.hasOlder = page.has_older;
      this.messages = joined.slice(-MOST_HELD);
      this.hasNewer = page.has_newer;
    }
    this.light(page);
    const newest = before.at(-1);
    const from = newest === undefined ? 0 : page.messages.findIndex((message) => message.id === newest.id) + 1;
    return page.messages.slice(from).filter((message) => !known.has(message.id) && message.direction === 'inbound');
  }
}

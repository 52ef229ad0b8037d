// What one can do about a reply that is not on the server: take it back, send it again, keep its text elsewhere.

import { asErrorView, backend } from '../backend';
import type { ConversationId } from '../bindings/ConversationId';
import type { OperationId } from '../bindings/OperationId';
import type { OutboxRefusal } from '../bindings/OutboxRefusal';
import { failed } from '../edit/acts.svelte';
import { strings } from '../strings/reply';
import { toasts } from '../ui/toast/toasts.svelte';
import { replyDrafts } from './reply-drafts.svelte';

/** Its text is in the composer again. */
export async function takeBack(id: OperationId, conversationId: ConversationId): Promise<void> {
  await act(async () => {
    await backend().replyTakeBack(id);
    await replyDrafts.open(conversationId);
  }, strings.tooLate);
}

export async function retry(id: OperationId): Promise<void> {
  await act(() => backend().outboxRetry(id), strings.gone);
}

export async function copyText(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    toasts.show(strings.copied);
  } catch {
    toasts.show(strings.copyFailed, { tone: 'bad' });
  }
}

async function act(run: () => Promise<void>, gone: string): Promise<void> {
  try {
    await run();
  } catch (reason) {
    const error = asErrorView(reason);
    if (error.code === 'not_found') toasts.show(gone, { tone: 'bad' });
    else failed(error);
  }
}

/** Why the server did not take a reply. */
export function refusalWords(refusal: OutboxRefusal): string {
  const { refusals } = strings;
  if (typeof refusal === 'string') return refusals[refusal];
  if ('invalid' in refusal) return refusals.invalid;
  return refusal.other === 'too_large' ? refusals.too_large : refusals.other;
}

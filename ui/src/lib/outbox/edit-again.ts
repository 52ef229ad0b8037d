// From the outbox to the lead's page: with what was typed, where the server refused it. Or to where a reply stands.

import { router } from '../app/router.svelte';
import type { OutboxRow } from '../bindings/OutboxRow';
import { drafts } from '../edit/drafts.svelte';
import { isTyped, typedOf } from '../edit/typed';
import { kindOf } from '../session/names';
import { actWords, refusalOf, refusalWords } from './act-words';

/** Opens the lead. A refused act is given up once what is made of it now is saved, and not before. */
export function editAgain(row: OutboxRow): void {
  const { leadId, conversationId, name, changes } = actWords(row.act);
  if (conversationId !== null && name !== null) router.go({ screen: 'inbox', conversationId, messageId: null });
  if (leadId === null || name === null) return;
  const refusal = refusalOf(row.state);
  if (refusal !== null) {
    for (const { field, from, to } of changes) {
      drafts.put({
        leadId,
        field,
        from,
        shown: to,
        typed: isTyped(field, kindOf(field)) ? typedOf(field, to) : { text: '', tags: [] },
        problem: refusalWords(refusal),
        replaces: row.id,
      });
    }
    const first = changes[0];
    if (first !== undefined) drafts.want(leadId, first.field);
  }
  router.go({ screen: 'lead', leadId });
}

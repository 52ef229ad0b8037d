// Search as the screen sees it: every word must begin or stand somewhere, spans say where.

import type { Lead } from '../bindings/Lead';
import type { LeadHit } from '../bindings/LeadHit';
import type { Message } from '../bindings/Message';
import type { MessageHit } from '../bindings/MessageHit';
import type { MessageSpans } from '../bindings/MessageSpans';
import type { SearchResults } from '../bindings/SearchResults';
import type { Span } from '../bindings/Span';

/** Shorter words are not looked for inside messages. */
const MIN_MESSAGE_WORD = 3;

const fold = (text: string): string =>
  // Folded letter by letter, so that offsets stay those of the text.
  Array.from(text, (c) => (c.normalize('NFD')[0] ?? c).toLowerCase().padEnd(c.length).slice(0, c.length)).join('');

function spansOf(text: string, words: string[]): Span[] | null {
  const folded = fold(text);
  const spans: Span[] = [];
  for (const word of words) {
    const start = folded.indexOf(word);
    if (start < 0) return null;
    spans.push({ start, end: start + word.length });
  }
  return spans.sort((a, b) => a.start - b.start).filter((span, i, all) => span.start >= (all[i - 1]?.end ?? 0));
}

const wordsOf = (text: string): string[] =>
  fold(text)
    .split(/\s+/)
    .filter((word) => word !== '');

/** Where all words stand, in those messages that hold them. */
export function foundIn(messages: readonly Message[], searched: string): MessageSpans[] {
  const words = wordsOf(searched);
  return messages.flatMap((message) => {
    const spans = spansOf(message.body, words) ?? [];
    return spans.length === 0 ? [] : [{ message_id: message.id, spans }];
  });
}

export function searchFake(
  text: string,
  limit: number,
  leads: Lead[],
  threadOf: (lead: Lead) => Message[],
  isComplete: boolean,
): SearchResults {
  const words = wordsOf(text);
  const messagesSearched = words.length > 0 && words.every((word) => word.length >= MIN_MESSAGE_WORD);
  const leadHits: LeadHit[] = [];
  const messageHits: MessageHit[] = [];
  let messageCount = 0;
  let moreLeads = false;
  let moreMessages = false;
  const found = leads.filter((lead) => lead.state !== 'deleted');
  for (const lead of found) {
    const inName = words.length > 0 ? spansOf(lead.name, words) : null;
    const phone = lead.phone ?? '';
    const email = lead.email ?? '';
    const inPhone = words.length > 0 ? spansOf(phone, words) : null;
    const inEmail = words.length > 0 ? spansOf(email, words) : null;
    const isHit = inName !== null || inPhone !== null || inEmail !== null;
    if (isHit && leadHits.length >= limit) moreLeads = true;
    else if (isHit) {
      leadHits.push({
        lead_id: lead.id,
        name: lead.name,
        stage_id: lead.stage_id,
        owner_id: lead.owner_id,
        state: lead.state,
        name_spans: inName ?? [],
        matched: inName ? 'name' : inPhone ? 'phone' : 'email',
        matched_text: inName ? '' : inPhone ? phone : email,
        matched_spans: inName ? [] : (inPhone ?? inEmail ?? []),
      });
    }
    for (const message of threadOf(lead)) {
      messageCount++;
      if (!messagesSearched || moreMessages) continue;
      const spans = spansOf(message.body, words);
      if (spans === null) continue;
      if (messageHits.length >= limit) {
        moreMessages = true;
        continue;
      }
      messageHits.push({
        message_id: message.id,
        conversation_id: message.conversation_id,
        lead_id: lead.id,
        lead_name: lead.name,
        sent_at: message.sent_at,
        snippet: message.body.slice(0, 160),
        snippet_spans: spans.filter((span) => span.end <= 160),
      });
    }
  }
  return {
    leads: leadHits,
    more_leads: moreLeads,
    messages: messageHits,
    more_messages: moreMessages,
    coverage: {
      leads: found.length,
      messages: messageCount,
      is_complete: isComplete,
      messages_searched: messagesSearched,
    },
    elapsed_us: 6_000,
  };
}

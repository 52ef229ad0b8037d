// What the palette offers for what was typed, as one list in the order it is drawn. Pure.

import type { Coverage } from '../bindings/Coverage';
import type { LeadHit } from '../bindings/LeadHit';
import type { MessageHit } from '../bindings/MessageHit';
import type { SearchResults } from '../bindings/SearchResults';
import type { Span } from '../bindings/Span';
import type { Shortcut } from '../app/shortcuts';
import { strings } from '../strings/palette';

export interface ActionHit {
  action: Shortcut;
  spans: Span[];
}

export type Entry =
  | { kind: 'message'; key: string; hit: MessageHit }
  | { kind: 'lead'; key: string; hit: LeadHit }
  | { kind: 'action'; key: string; hit: ActionHit };

export interface Group {
  kind: Entry['kind'];
  title: string;
  /** What was searched, so that "nothing found" can be believed. */
  coverage: string | null;
  entries: Entry[];
  /** Said below the entries: that there are none, or more than these. */
  note: string | null;
}

/** Every word must stand in the label; the places are marked. No words: every action. */
export function matchActions(actions: readonly Shortcut[], text: string): ActionHit[] {
  const words = text
    .trim()
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  const hits: ActionHit[] = [];
  for (const action of actions) {
    const label = action.label.toLowerCase();
    const spans: Span[] = [];
    for (const word of words) {
      const start = label.indexOf(word);
      if (start >= 0) spans.push({ start, end: start + word.length });
    }
    if (spans.length === words.length) hits.push({ action, spans: merge(spans) });
  }
  return hits;
}

/** In order, and none over another. */
function merge(spans: Span[]): Span[] {
  const merged: Span[] = [];
  for (const span of [...spans].sort((a, b) => a.start - b.start)) {
    const last = merged.at(-1);
    if (last !== undefined && span.start <= last.end) last.end = Math.max(last.end, span.end);
    else merged.push({ ...span });
  }
  return merged;
}

function messageCoverage(coverage: Coverage, elapsedUs: number): string {
  if (!coverage.messages_searched) return strings.tooShort;
  if (!coverage.is_complete) return strings.partlySearched(coverage.messages);
  return strings.allSearched(coverage.messages, elapsedUs);
}

function leadCoverage(coverage: Coverage): string {
  return coverage.is_complete ? strings.allLeads(coverage.leads) : strings.someLeads(coverage.leads);
}

function noteOf(hits: number, hasMore: boolean, none: string): string | null {
  if (hits > 0) return hasMore ? strings.more : null;
  return hasMore ? strings.noneYet : none;
}

/** `results` are those of an earlier text while the newer ones are on their way; null before the first. */
export function groupEntries(results: SearchResults | null, actions: ActionHit[]): Group[] {
  const groups: Group[] = [];
  if (results !== null) {
    groups.push({
      kind: 'message',
      title: strings.messages,
      coverage: messageCoverage(results.coverage, results.elapsed_us),
      entries: results.messages.map((hit) => ({ kind: 'message', key: `m-${hit.message_id}`, hit })),
      note: results.coverage.messages_searched
        ? noteOf(results.messages.length, results.more_messages, strings.noMessages)
        : null,
    });
    groups.push({
      kind: 'lead',
      title: strings.leads,
      coverage: results.leads.length === 0 || !results.coverage.is_complete ? leadCoverage(results.coverage) : null,
      entries: results.leads.map((hit) => ({ kind: 'lead', key: `l-${hit.lead_id}`, hit })),
      note: noteOf(results.leads.length, results.more_leads, strings.noLeads),
    });
  }
  if (actions.length > 0) {
    groups.push({
      kind: 'action',
      title: strings.actions,
      coverage: null,
      entries: actions.map((hit) => ({ kind: 'action', key: `a-${hit.action.id}`, hit })),
      note: null,
    });
  }
  return groups;
}

/** As much of a text before its first highlight as a row has room for, in letters of ordinary width. */
const LEAD_IN = 28;
/** Letters of twice the width, between which a text may begin anywhere. */
const WIDE = /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]$/u;

/** A text begun near its first highlight, at a word, so that what was found is in sight. Spans move with it. */
export function beginNearHit(text: string, spans: readonly Span[]): { text: string; spans: Span[] } {
  const first = spans[0];
  if (first === undefined) return { text, spans: [] };
  const before = Array.from(text.slice(0, first.start));
  let earliest = first.start;
  let room = LEAD_IN;
  while (before.length > 0) {
    const letter = before.pop() ?? '';
    room -= WIDE.test(letter) ? 2 : 1;
    if (room < 0) {
      const by = beginning(text, earliest, first.start) - 1;
      return {
        text: `…${text.slice(by + 1)}`,
        spans: spans.map(({ start, end }) => ({ start: start - by, end: end - by })),
      };
    }
    earliest -= letter.length;
  }
  return { text, spans: [...spans] };
}

/** Where a text may begin from `earliest` on: after a space, at a letter that is a word of its own, or at the hit. */
function beginning(text: string, earliest: number, hit: number): number {
  const space = text.indexOf(' ', earliest);
  if (space >= 0 && space < hit) return space + 1;
  return WIDE.test(String.fromCodePoint(text.codePointAt(earliest) ?? 0)) ? earliest : hit;
}

/** Where the mark goes: around at both ends; -1 when there is nothing. */
export function moveActive(active: number, by: number, length: number): number {
  if (length === 0) return -1;
  if (active < 0) return by > 0 ? 0 : length - 1;
  return (active + by + length) % length;
}

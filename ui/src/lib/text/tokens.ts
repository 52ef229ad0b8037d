// Cuts hostile text into what may be drawn: plain text, marks in place of invisible characters, links, line breaks.
// Pure. The pieces, joined with their originals, are the text again: nothing is lost or moved.

import { findLinks } from './links';
import { belongs, isVariationSelector, MAY_NEED_CARE, markOf } from './marks';

/** A stretch to highlight, in UTF-16 code units: `start..end`. */
export interface HighlightSpan {
  start: number;
  end: number;
}

/** Plain text, or the mark of one invisible character. `lit` when inside a highlight. */
export type Piece =
  { kind: 'text'; text: string; lit: boolean } | { kind: 'mark'; label: string; name: string; lit: boolean };

export type Token =
  Piece | { kind: 'break' } | { kind: 'link'; pieces: Piece[]; target: string | null; shownTarget: string | null };

export interface TokenOptions {
  /** Spans to highlight; out-of-range, unsorted and overlapping ones are tolerated. */
  spans?: readonly HighlightSpan[];
  /** Recognise links. Off in lists, where nothing opens. */
  links?: boolean;
  /** Line breaks as breaks (`block`) or as a space (`line`). */
  layout?: 'line' | 'block';
}

/** More combining marks than this on one base are stacked to draw over other lines, never to write a language. */
export const MAX_STACKED_MARKS = 6;

const NEEDS_LINKS = /https:\/\/|mailto:|tel:/iu;

/** The tokens of `text`, in order. */
export function tokenise(text: string, options: TokenOptions = {}): Token[] {
  const spans = cleanSpans(text, options.spans ?? []);
  const layout = options.layout ?? 'block';
  const links = options.links === true && NEEDS_LINKS.test(text) ? findLinks(text) : [];
  const tokens: Token[] = [];
  let from = 0;
  for (const link of links) {
    cut(text, from, link.start, spans, layout, tokens);
    const pieces: Token[] = [];
    cut(text, link.start, link.end, spans, layout, pieces);
    tokens.push({
      kind: 'link',
      // A link ends at white space, so that it holds no breaks.
      pieces: pieces.filter((piece): piece is Piece => piece.kind === 'text' || piece.kind === 'mark'),
      target: link.target,
      shownTarget: link.shownTarget,
    });
    from = link.end;
  }
  cut(text, from, text.length, spans, layout, tokens);
  return tokens;
}

/** Whether two neighbouring characters form `\r\n`. */
function breakLength(text: string, at: number): number {
  const unit = text.charCodeAt(at);
  if (unit === 0x0d) return text.charCodeAt(at + 1) === 0x0a ? 2 : 1;
  return unit === 0x0a || unit === 0x2028 || unit === 0x2029 || unit === 0x85 ? 1 : 0;
}

function cut(
  text: string,
  from: number,
  to: number,
  spans: readonly HighlightSpan[],
  layout: 'line' | 'block',
  out: Token[],
): void {
  if (from >= to) return;
  const slice = text.slice(from, to);
  if (!MAY_NEED_CARE.test(slice)) {
    pushText(text, from, to, spans, out);
    return;
  }
  let textStart = from;
  let stacked = 0;
  const flush = (end: number): void => {
    pushText(text, textStart, end, spans, out);
  };
  for (let at = from; at < to;) {
    const newline = breakLength(text, at);
    if (newline > 0) {
      flush(at);
      if (layout === 'block') out.push({ kind: 'break' });
      else out.push({ kind: 'text', text: ' ', lit: isLit(spans, at) });
      at = Math.min(at + newline, to);
      textStart = at;
      stacked = 0;
      continue;
    }
    const codePoint = text.codePointAt(at) ?? 0;
    const length = codePoint > 0xffff ? 2 : 1;
    const after = at + length;
    if (codePoint === 0x09) {
      flush(at);
      out.push({ kind: 'text', text: layout === 'block' ? '\t' : ' ', lit: isLit(spans, at) });
      textStart = after;
    } else {
      const tagEnd = codePoint === 0x1f3f4 ? flagEnd(text, after) : 0;
      if (tagEnd > 0) {
        at = Math.min(tagEnd, to);
        stacked = 0;
        continue;
      }
      const mark = markOf(codePoint);
      const stackable = /^[\p{Mn}\p{Me}]$/u.test(String.fromCodePoint(codePoint)) && !isVariationSelector(codePoint);
      stacked = stackable ? stacked + 1 : 0;
      if (mark !== null && !belongs(codePoint, characterBefore(text, at), characterAt(text, after))) {
        flush(at);
        out.push({ kind: 'mark', label: mark.label, name: mark.name, lit: isLit(spans, at) });
        textStart = after;
      } else if (stacked > MAX_STACKED_MARKS) {
        flush(at);
        const end = stackEnd(text, at, to);
        out.push({
          kind: 'mark',
          label: `+${String(Array.from(text.slice(at, end)).length)}`,
          name: 'stacked accents',
          lit: isLit(spans, at),
        });
        at = end;
        textStart = end;
        stacked = 0;
        continue;
      }
    }
    at = after;
  }
  flush(to);
}

function characterAt(text: string, at: number): string {
  const codePoint = text.codePointAt(at);
  return codePoint === undefined ? '' : String.fromCodePoint(codePoint);
}

function characterBefore(text: string, at: number): string {
  if (at <= 0) return '';
  const low = text.charCodeAt(at - 1);
  if (low >= 0xdc00 && low <= 0xdfff && at >= 2) {
    const high = text.charCodeAt(at - 2);
    if (high >= 0xd800 && high <= 0xdbff) return text.slice(at - 2, at);
  }
  return text.charAt(at - 1);
}

/** End of a sub-region flag (England, Scotland, Wales: black flag, tag letters, cancel tag); 0 when it is none. */
function flagEnd(text: string, from: number): number {
  let at = from;
  for (let letters = 0; letters < 8; letters += 1) {
    const codePoint = text.codePointAt(at) ?? 0;
    if (codePoint === 0xe007f) return letters >= 3 ? at + 2 : 0;
    const isTagLetter =
      (codePoint >= 0xe0030 && codePoint <= 0xe0039) || (codePoint >= 0xe0061 && codePoint <= 0xe007a);
    if (!isTagLetter) return 0;
    at += 2;
  }
  return 0;
}

function stackEnd(text: string, from: number, to: number): number {
  let at = from;
  while (at < to && /^[\p{Mn}\p{Me}]$/u.test(characterAt(text, at))) at += characterAt(text, at).length;
  return at;
}

function isLit(spans: readonly HighlightSpan[], at: number): boolean {
  return spans.some((span) => at >= span.start && at < span.end);
}

function pushText(text: string, from: number, to: number, spans: readonly HighlightSpan[], out: Token[]): void {
  let at = from;
  for (const span of spans) {
    if (span.end <= at || span.start >= to) continue;
    if (span.start > at) out.push({ kind: 'text', text: text.slice(at, span.start), lit: false });
    const start = Math.max(at, span.start);
    const end = Math.min(to, span.end);
    out.push({ kind: 'text', text: text.slice(start, end), lit: true });
    at = end;
  }
  if (at < to) out.push({ kind: 'text', text: text.slice(at, to), lit: false });
}

/** Sorted, merged, inside the text, and never through the middle of a character. */
function cleanSpans(text: string, spans: readonly HighlightSpan[]): HighlightSpan[] {
  const clean: HighlightSpan[] = [];
  const sorted = spans
    .map((span) => ({ start: snap(text, span.start, 'down'), end: snap(text, span.end, 'up') }))
    .filter((span) => span.end > span.start)
    .sort((a, b) => a.start - b.start);
  for (const span of sorted) {
    const last = clean.at(-1);
    if (last !== undefined && span.start <= last.end) last.end = Math.max(last.end, span.end);
    else clean.push(span);
  }
  return clean;
}

function snap(text: string, offset: number, to: 'down' | 'up'): number {
  const at = Math.max(0, Math.min(text.length, Math.trunc(Number.isFinite(offset) ? offset : 0)));
  const low = text.charCodeAt(at);
  const high = text.charCodeAt(at - 1);
  const splits = low >= 0xdc00 && low <= 0xdfff && high >= 0xd800 && high <= 0xdbff;
  if (!splits) return at;
  return to === 'down' ? at - 1 : at + 1;
}

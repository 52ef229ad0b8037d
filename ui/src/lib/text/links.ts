// Finds the links in hostile text. Only https, mailto and tel with their scheme written out; a link's target is what
// the URL parser made of it, never the text, and a text that could mislead about its target is told apart.

/** A link, or something dressed as one, at `start..end` of the text (UTF-16 code units). */
export interface FoundLink {
  start: number;
  end: number;
  /** What a click opens, in ASCII: hosts in punycode, the rest percent-encoded. `null` where it must not be opened. */
  target: string | null;
  /** Where it really leads, to be shown beside the text; `null` when the text already says exactly that. */
  shownTarget: string | null;
}

const SCHEME = /(?:https:\/\/|mailto:|tel:)/giu;
// A scheme inside a longer word (`xhttps://`, `foo.tel:`) is not one.
const BLOCKS_BEFORE = /[\p{L}\p{N}\p{M}_+.@/-]$/u;
// White space, all that could be invisible or reorder, and what RFC 3986 never allows in a URL.
const ENDS_URL = /[\s"<>\\^`{|}\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]/u;
const TRAILING = /[.,;:!?'*_~…‥。、，．；：！？·»«“”„‘’‚›‹]$/u;
const CLOSERS: Readonly<Record<string, string>> = { ')': '(', ']': '[', '）': '（', '】': '【', '」': '「' };

const MAIL =
  /^mailto:([a-z0-9](?:[a-z0-9._+-]{0,62}[a-z0-9])?@[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+)$/iu;
const TEL = /^tel:(\+?[0-9][0-9().-]{1,30})$/iu;

/** All links of `text`, in order, never overlapping. */
export function findLinks(text: string): FoundLink[] {
  const found: FoundLink[] = [];
  SCHEME.lastIndex = 0;
  for (let match = SCHEME.exec(text); match !== null; match = SCHEME.exec(text)) {
    const start = match.index;
    if (BLOCKS_BEFORE.test(text.slice(Math.max(0, start - 2), start))) continue;
    const end = trimEnd(text, start + match[0].length, runEnd(text, start));
    const link = read(text.slice(start, end));
    if (link !== null) {
      found.push({ start, end, ...link });
      SCHEME.lastIndex = end;
    }
  }
  return found;
}

function runEnd(text: string, start: number): number {
  for (let i = start; i < text.length;) {
    const character = String.fromCodePoint(text.codePointAt(i) ?? 0);
    if (ENDS_URL.test(character)) return i;
    i += character.length;
  }
  return text.length;
}

/** Leaves out the sentence's own punctuation, and closing brackets that were opened outside of the link. */
function trimEnd(text: string, from: number, end: number): number {
  while (end > from) {
    const last = text.charAt(end - 1);
    const opener = CLOSERS[last];
    if (opener !== undefined) {
      const body = text.slice(from, end);
      if (count(body, last) <= count(body, opener)) return end;
      end -= 1;
    } else if (TRAILING.test(last)) {
      end -= 1;
    } else {
      return end;
    }
  }
  return end;
}

function count(text: string, character: string): number {
  return text.split(character).length - 1;
}

function read(raw: string): { target: string | null; shownTarget: string | null } | null {
  const mail = MAIL.exec(raw);
  if (mail !== null) {
    // No headers: `?attach=` and `?bcc=` have made mail programs do things nobody asked for.
    const target = `mailto:${mail[1]}`;
    return { target, shownTarget: null };
  }
  const tel = TEL.exec(raw);
  if (tel !== null) {
    const digits = (tel[1] ?? '').replace(/[().-]/gu, '');
    // Fewer are short codes, some of which cost money or change the line's settings.
    if (digits.replace('+', '').length < 5) return null;
    const target = `tel:${digits}`;
    return { target, shownTarget: raw.slice(4) === digits ? null : target };
  }
  // The parser would skip further slashes; a reader would not.
  if (!/^https:\/\/[^/]/iu.test(raw)) return null;
  return readHttps(raw);
}

function readHttps(raw: string): { target: string | null; shownTarget: string | null } | null {
  let url: URL;
  try {
    url = new URL(raw);
  } catch {
    return null;
  }
  if (url.protocol !== 'https:' || url.hostname === '') return null;
  // `https://good.example@evil.example`: what looks like the host is a user name.
  if (url.username !== '' || url.password !== '' || /^https:\/\/[^/?#]*@/iu.test(raw)) {
    return { target: null, shownTarget: url.host };
  }
  const sameAsShown = normalisedCase(raw) === url.href || `${normalisedCase(raw)}/` === url.href;
  return { target: url.href, shownTarget: sameAsShown ? null : url.href };
}

/** Scheme and ASCII host in lower case; they mean the same in either. */
function normalisedCase(raw: string): string {
  return raw.replace(/^https:\/\/[^/?#]*/iu, (origin) => origin.replace(/[A-Z]/gu, (letter) => letter.toLowerCase()));
}

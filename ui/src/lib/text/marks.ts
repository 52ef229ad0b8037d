// Characters that can't be seen but change what is: controls, bidi formatting, invisible fillers. Each gets a short
// label to be drawn in its place. The character itself never reaches the DOM, so it can't reorder or hide anything.
// Those that a language or an emoji needs (a joiner between Arabic letters, a variation selector after its base) stay.

/** What stands in for a character that must not be drawn. */
export interface Mark {
  /** At most six characters, drawn in the text: `RLO`, `ZWSP`, `U+E001`. */
  label: string;
  /** The Unicode name in lower case, for the tooltip and for screen readers. */
  name: string;
}

const C0_LABELS = [
  'NUL',
  'SOH',
  'STX',
  'ETX',
  'EOT',
  'ENQ',
  'ACK',
  'BEL',
  'BS',
  'TAB',
  'LF',
  'VT',
  'FF',
  'CR',
  'SO',
  'SI',
  'DLE',
  'DC1',
  'DC2',
  'DC3',
  'DC4',
  'NAK',
  'SYN',
  'ETB',
  'CAN',
  'EM',
  'SUB',
  'ESC',
  'FS',
  'GS',
  'RS',
  'US',
];

const NAMED = new Map<number, readonly [label: string, name: string]>([
  [0x7f, ['DEL', 'delete']],
  [0x85, ['NEL', 'next line']],
  [0xad, ['SHY', 'soft hyphen']],
  [0x34f, ['CGJ', 'combining grapheme joiner']],
  [0x61c, ['ALM', 'Arabic letter mark']],
  [0x115f, ['HF', 'Hangul choseong filler']],
  [0x1160, ['HF', 'Hangul jungseong filler']],
  [0x17b4, ['KIV', 'Khmer vowel inherent aq']],
  [0x17b5, ['KIV', 'Khmer vowel inherent aa']],
  [0x180e, ['MVS', 'Mongolian vowel separator']],
  [0x200b, ['ZWSP', 'zero width space']],
  [0x200c, ['ZWNJ', 'zero width non-joiner']],
  [0x200d, ['ZWJ', 'zero width joiner']],
  [0x200e, ['LRM', 'left-to-right mark']],
  [0x200f, ['RLM', 'right-to-left mark']],
  [0x2028, ['LS', 'line separator']],
  [0x2029, ['PS', 'paragraph separator']],
  [0x202a, ['LRE', 'left-to-right embedding']],
  [0x202b, ['RLE', 'right-to-left embedding']],
  [0x202c, ['PDF', 'pop directional formatting']],
  [0x202d, ['LRO', 'left-to-right override']],
  [0x202e, ['RLO', 'right-to-left override']],
  [0x2060, ['WJ', 'word joiner']],
  [0x2066, ['LRI', 'left-to-right isolate']],
  [0x2067, ['RLI', 'right-to-left isolate']],
  [0x2068, ['FSI', 'first strong isolate']],
  [0x2069, ['PDI', 'pop directional isolate']],
  [0x2800, ['BLANK', 'Braille pattern blank']],
  [0x3164, ['HF', 'Hangul filler']],
  [0xfeff, ['BOM', 'zero width no-break space']],
  [0xffa0, ['HF', 'halfwidth Hangul filler']],
]);

const INVISIBLE_RANGES: readonly (readonly [from: number, to: number, name: string])[] = [
  [0x80, 0x9f, 'control character'],
  [0x180b, 0x180f, 'Mongolian format character'],
  [0x2061, 0x2065, 'invisible operator'],
  [0x206a, 0x206f, 'deprecated format character'],
  [0xfff0, 0xfffb, 'annotation character'],
  [0xfdd0, 0xfdef, 'not a character'],
  [0x13430, 0x13440, 'hieroglyph format character'],
  [0x1bca0, 0x1bca3, 'shorthand format character'],
  [0x1d173, 0x1d17a, 'musical format character'],
  [0xe0000, 0xe00ff, 'tag character'],
  [0xe01f0, 0xe0fff, 'invisible character'],
];

/**
 * Nothing outside of this class is ever marked, joined or counted, so that ordinary text costs one test.
 * Combining marks are in it for their stacking limit, see `tokens.ts`.
 */
export const MAY_NEED_CARE =
  /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{M}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}\u2800]/u;

/** The mark for a code point that is never drawn, whatever stands around it; `null` for all others. */
export function markOf(codePoint: number): Mark | null {
  if (codePoint < 0x20) return { label: C0_LABELS[codePoint] ?? 'CTRL', name: 'control character' };
  const named = NAMED.get(codePoint);
  if (named !== undefined) return { label: named[0], name: named[1] };
  if (codePoint >= 0xd800 && codePoint <= 0xdfff) return { label: hex(codePoint), name: 'half of a character' };
  if ((codePoint & 0xfffe) === 0xfffe) return { label: hex(codePoint), name: 'not a character' };
  for (const [from, to, name] of INVISIBLE_RANGES) {
    if (codePoint >= from && codePoint <= to) return { label: hex(codePoint), name };
  }
  if (isVariationSelector(codePoint)) return { label: hex(codePoint), name: 'variation selector' };
  return null;
}

function hex(codePoint: number): string {
  return `U+${codePoint.toString(16).toUpperCase().padStart(4, '0')}`;
}

/** U+FE00–FE0F and U+E0100–E01EF: they choose a glyph for the character before them. */
export function isVariationSelector(codePoint: number): boolean {
  return (codePoint >= 0xfe00 && codePoint <= 0xfe0f) || (codePoint >= 0xe0100 && codePoint <= 0xe01ef);
}

const PICTOGRAPH = /^\p{Extended_Pictographic}/u;
const TAKES_SELECTOR = /^[\p{L}\p{N}\p{S}\p{P}]/u;
const EMOJI_TAIL = /^[\p{Emoji_Modifier}\ufe0f\p{Extended_Pictographic}]/u;
// Scripts in which a joiner or non-joiner changes the shape of letters, and so is spelling (Unicode chapter 23.2).
const JOINING_LETTER =
  /^[\p{Script=Arabic}\p{Script=Syriac}\p{Script=Mongolian}\p{Script=Nko}\p{Script=Devanagari}\p{Script=Bengali}\p{Script=Gurmukhi}\p{Script=Gujarati}\p{Script=Oriya}\p{Script=Tamil}\p{Script=Telugu}\p{Script=Kannada}\p{Script=Malayalam}\p{Script=Sinhala}\p{Script=Khmer}\p{Script=Myanmar}\p{Script=Tibetan}]/u;

/** Whether an invisible character is spelling where it stands: between `before` and `after` (single characters, or ''). */
export function belongs(codePoint: number, before: string, after: string): boolean {
  if (codePoint === 0x200d) {
    if (EMOJI_TAIL.test(before) && PICTOGRAPH.test(after)) return true;
    return isJoiningLetter(before) && isJoiningLetter(after);
  }
  if (codePoint === 0x200c) return isJoiningLetter(before) && isJoiningLetter(after);
  if (isVariationSelector(codePoint)) return TAKES_SELECTOR.test(before);
  return false;
}

function isJoiningLetter(character: string): boolean {
  return JOINING_LETTER.test(character);
}

import { describe, expect, it } from 'vitest';

import { markOf } from './marks';
import { MAX_STACKED_MARKS, tokenise, type Token, type TokenOptions } from './tokens';

/** What a reader would see, with marks in brackets, links in braces and breaks as a bar. */
function shown(text: string, options: TokenOptions = { links: true }): string {
  const draw = (token: Token): string => {
    switch (token.kind) {
      case 'text':
        return token.lit ? `*${token.text}*` : token.text;
      case 'mark':
        return `[${token.label}]`;
      case 'break':
        return '|';
      case 'link':
        return `{${token.pieces.map(draw).join('')}}${token.shownTarget === null ? '' : `→${token.shownTarget}`}`;
    }
  };
  return tokenise(text, options).map(draw).join('');
}

/** Small, seeded, good enough to shuffle test input (mulberry32). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

describe('invisible characters', () => {
  it.each([
    ['right-to-left override', 'invoice\u202Egpj.exe', 'invoice[RLO]gpj.exe'],
    ['nested isolates', '\u2067a\u2066b\u2069c\u2069', '[RLI]a[LRI]b[PDI]c[PDI]'],
    ['unbalanced isolate', 'Nora\u2068', 'Nora[FSI]'],
    ['zero width space', 'pay\u200Bpal', 'pay[ZWSP]pal'],
    ['byte order mark', '\uFEFFhi', '[BOM]hi'],
    ['null and escape', 'a\u0000b\u001B[31m', 'a[NUL]b[ESC][31m'],
    ['a C1 control', 'a\u009Bb', 'a[U+009B]b'],
    ['soft hyphen', 'un\u00ADsub', 'un[SHY]sub'],
    ['a tag letter that smuggles text', 'ok\u{E0041}', 'ok[U+E0041]'],
    ['half a surrogate pair', 'a\uD800b', 'a[U+D800]b'],
    ['Hangul filler as a name', '\u3164', '[HF]'],
    ['a joiner between Latin letters', 'a\u200Db', 'a[ZWJ]b'],
    ['a second variation selector', 'a\uFE01\uFE02', 'a\uFE01[U+FE02]'],
    ['a not-character', 'a\uFFFEb', 'a[U+FFFE]b'],
  ])('shows %s', (_, text, expected) => {
    expect(shown(text)).toBe(expected);
  });

  it.each([
    ['a family emoji', '👩‍👩‍👧‍👦'],
    ['a skin tone with a joiner', '👩🏽‍💻'],
    ['a heart with a selector', '❤️'],
    ['a keycap', '1️⃣'],
    ['the flag of Scotland', '🏴󠁧󠁢󠁳󠁣󠁴󠁿'],
    ['a Persian plural', 'می‌خواهم'],
    ['a Hindi conjunct', 'क्‍ष'],
    ['Hebrew points', 'שָׁלוֹם'],
    ['Vietnamese, decomposed', 'Việt'.normalize('NFD')],
    ['Thai', 'น้ำ'],
  ])('leaves %s alone', (_, text) => {
    expect(tokenise(text)).toEqual([{ kind: 'text', text, lit: false }]);
  });

  it('shows a tag sequence that is no flag', () => {
    expect(shown('\u{1F3F4}\u{E0067}')).toBe('\u{1F3F4}[U+E0067]');
  });

  it('cuts stacked accents short and says how many', () => {
    const stacked = `e${'\u0301'.repeat(40)}x`;
    expect(shown(stacked)).toBe(`e${'\u0301'.repeat(MAX_STACKED_MARKS)}[+${String(40 - MAX_STACKED_MARKS)}]x`);
  });
});

describe('every code point', () => {
  it('that is invisible or a control has a mark, and nothing else of the everyday has', () => {
    const hidden =
      /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}]/u;
    const everyday = /[\p{L}\p{N}\p{P}\p{Sc}\p{Sm}\p{Zs}]/u;
    const wrong: string[] = [];
    for (let codePoint = 0; codePoint <= 0x10ffff; codePoint += 1) {
      const character = String.fromCodePoint(codePoint);
      const isMarked = markOf(codePoint) !== null;
      const isHidden = hidden.test(character);
      if (isHidden !== isMarked && (isHidden || everyday.test(character))) wrong.push(codePoint.toString(16));
    }
    expect(wrong).toEqual([]);
  });
});

describe('line breaks', () => {
  it('are breaks in a block, whichever kind', () => {
    expect(shown('a\r\nb\nc\rd\u2028e')).toBe('a|b|c|d|e');
  });
  it('are a space in a line', () => {
    expect(shown('a\r\nb\tc', { layout: 'line' })).toBe('a b c');
  });
});

describe('links', () => {
  it.each([
    ['plain', 'see https://studio.example/book', 'see {https://studio.example/book}'],
    ['upper case', 'HTTPS://Studio.Example/Book', '{HTTPS://Studio.Example/Book}'],
    ['without a path', 'https://studio.example.', '{https://studio.example}.'],
    ['in brackets', '(https://studio.example/a_(b))', '({https://studio.example/a_(b)})'],
    ['before a question mark', 'Is it https://studio.example/a?', 'Is it {https://studio.example/a}?'],
    ['after a colon', 'here:https://studio.example/a', 'here:{https://studio.example/a}'],
    ['in typographic quotes', '“https://studio.example/a”', '“{https://studio.example/a}”'],
    ['before Chinese punctuation', 'https://studio.example/a。', '{https://studio.example/a}。'],
    ['mail', 'mailto:nora@studio.example, please', '{mailto:nora@studio.example}, please'],
    ['telephone', 'tel:+44-7700-900118', '{tel:+44-7700-900118}→tel:+447700900118'],
  ])('%s', (_, text, expected) => {
    expect(shown(text)).toBe(expected);
  });

  it.each([
    'javascript:alert(1)',
    'JaVaScRiPt:alert(1)',
    'data:text/html,<script>alert(1)</script>',
    'http://studio.example',
    'ftp://studio.example',
    'file:///etc/passwd',
    'vbscript:x',
    'www.studio.example',
    'xhttps://studio.example',
    'https://',
    'https:///etc/passwd@',
    'mailto:nora@studio.example?attach=/etc/passwd',
    'mailto:nora%0Abcc@studio.example',
    'tel:*21*1234567#',
    'tel:112',
    'intent:tel',
  ])('%s is text', (text) => {
    expect(tokenise(text, { links: true }).filter((token) => token.kind === 'link' && token.target !== null)).toEqual(
      [],
    );
  });

  it('shows where a user name in front of the host would lead, and does not open it', () => {
    expect(tokenise('https://good.example@evil.example/x', { links: true })).toEqual([
      {
        kind: 'link',
        pieces: [{ kind: 'text', text: 'https://good.example@evil.example/x', lit: false }],
        target: null,
        shownTarget: 'evil.example',
      },
    ]);
    expect(tokenise('https://good.example:443@evil.example', { links: true })).toMatchObject([{ target: null }]);
    expect(tokenise('https://@evil.example', { links: true })).toMatchObject([{ target: null }]);
  });

  it.each([
    ['a Cyrillic letter', 'https://gооd.example/', 'https://xn--gd-fmca.example/'],
    ['full-width letters', 'https://ｇood.example/', 'https://good.example/'],
    ['a percent-encoded host', 'https://g%6Fod.example/', 'https://good.example/'],
    ['an address in hexadecimal', 'https://0x7f.1/', 'https://127.0.0.1/'],
    ['dot segments', 'https://a.example/good/../evil', 'https://a.example/evil'],
    ['non-ASCII in the path', 'https://a.example/ü', 'https://a.example/%C3%BC'],
  ])('shows the whole target of %s', (_, text, target) => {
    expect(tokenise(text, { links: true })).toMatchObject([{ kind: 'link', target, shownTarget: target }]);
  });

  it('end where an invisible character stands, so that it can not hide in one', () => {
    expect(shown('https://a.example/\u202Egpj.exe')).toBe('{https://a.example/}[RLO]gpj.exe');
    expect(shown('https://a.example\u200B.evil.example')).toBe('{https://a.example}[ZWSP].evil.example');
    expect(shown('https://a.example\\@evil.example')).toBe('{https://a.example}\\@evil.example');
  });

  it('are text where none may open', () => {
    expect(shown('https://a.example', {})).toBe('https://a.example');
  });
});

describe('highlights', () => {
  it('are counted in UTF-16 code units and never cut a character', () => {
    expect(shown('👩 Saturday', { spans: [{ start: 3, end: 6 }] })).toBe('👩 *Sat*urday');
    expect(shown('👩x', { spans: [{ start: 1, end: 3 }] })).toBe('*👩x*');
  });
  it('reach into links', () => {
    expect(shown('https://sat.example', { links: true, spans: [{ start: 8, end: 11 }] })).toBe(
      '{https://*sat*.example}',
    );
  });
  it('tolerate spans that overlap, are empty, out of order or out of range', () => {
    const spans = [
      { start: 4, end: 99 },
      { start: -3, end: 1 },
      { start: 2, end: 2 },
      { start: 5, end: 6 },
      { start: Number.NaN, end: 1 },
    ];
    expect(shown('abcdef', { spans })).toBe('*a*bcd*ef*');
  });
});

describe('any text', () => {
  const alphabet = [
    ...'ab1.,:/@?()é中ש',
    ...['\u202E', '\u2066', '\u2069', '\u200B', '\u200D', '\uFE0F', '\u0301', '\u0000', '\n', '\r', '\t', ' '],
    ...['\uD83D', '\uDC69', '👩', '🏴', '\u{E0067}', '\u{E007F}', 'می', '\u200C'],
    ...['https://', 'http://', 'mailto:', 'tel:', 'javascript:', 'data:', 'a.example', '@', '%2F', '\\', 'xn--'],
  ];
  const cases = Array.from({ length: 3000 }, (_, seed) => {
    const next = random(seed + 1);
    const length = Math.floor(next() * 24);
    return Array.from({ length }, () => alphabet[Math.floor(next() * alphabet.length)] ?? '').join('');
  });

  const texts = (tokens: Token[]): string[] =>
    tokens.flatMap((token) =>
      token.kind === 'text' ? [token.text] : token.kind === 'link' ? texts(token.pieces) : [],
    );

  it('never lets a bidi or control character through', () => {
    const forbidden = /(?!\t)[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}\u200b\u2060-\u206f\ufeff]/u;
    for (const text of cases) {
      for (const piece of texts(tokenise(text, { links: true })))
        expect(forbidden.test(piece), JSON.stringify(text)).toBe(false);
    }
  });

  it('opens nothing but https, mailto and tel, in ASCII, without a user name', () => {
    let links = 0;
    for (const text of cases) {
      for (const token of tokenise(text, { links: true })) {
        if (token.kind !== 'link' || token.target === null) continue;
        links += 1;
        expect(token.target).toMatch(/^(https:\/\/[^/@]+(\/|$)|mailto:[^?]+$|tel:\+?\d+$)/);
        expect(token.target).toMatch(/^[\x21-\x7e]+$/);
        expect(texts(token.pieces).join('')).not.toBe('');
      }
    }
    expect(links).toBeGreaterThan(50);
  });

  it('keeps every ordinary character, in order', () => {
    for (const text of cases) {
      const kept = texts(tokenise(text, { links: true }))
        .join('')
        .replace(/\s/gu, '');
      let at = 0;
      const original = text.replace(/\s/gu, '');
      for (const character of kept) {
        at = original.indexOf(character, at);
        expect(at, JSON.stringify(text)).toBeGreaterThanOrEqual(0);
        at += character.length;
      }
      expect(tokenise(text, { links: true, spans: [{ start: 1, end: 5 }] }).length).toBeGreaterThanOrEqual(0);
    }
  });

  it('lights exactly what the spans cover', () => {
    for (const text of cases.filter((text) => /^[a-z0-9.,:/@?() ]+$/.test(text))) {
      const lit = tokenise(text, { links: true, spans: [{ start: 2, end: 5 }] })
        .flatMap((token) => (token.kind === 'link' ? token.pieces : [token]))
        .map((piece) => (piece.kind === 'text' && piece.lit ? piece.text : ''))
        .join('');
      expect(lit).toBe(text.slice(2, 5));
    }
  });
});

import { describe, expect, it } from 'vitest';
import { SEQUENCE_MS, chordOf, resolve, type KeyPress } from './keyboard';
import { SHORTCUTS } from './shortcuts';

function press(key: string, modifiers: Partial<KeyPress> = {}): KeyPress {
  return { key, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...modifiers };
}

describe('chordOf', () => {
  it.each<[string, KeyPress]>([
    ['J', press('j')],
    ['Shift+J', press('J', { shiftKey: true })],
    ['Ctrl+K', press('k', { ctrlKey: true })],
    ['Ctrl+K', press('k', { metaKey: true })],
    ['Ctrl+,', press(',', { ctrlKey: true })],
    ['Ctrl++', press('+', { ctrlKey: true, shiftKey: true })],
    ['?', press('?', { shiftKey: true })],
    ['Shift+ArrowDown', press('ArrowDown', { shiftKey: true })],
    ['Space', press(' ')],
  ])('%s', (chord, keyPress) => {
    expect(chordOf(keyPress)).toBe(chord);
  });

  it('is nothing for a modifier alone or a dead key', () => {
    expect(chordOf(press('Shift', { shiftKey: true }))).toBeNull();
    expect(chordOf(press('Dead'))).toBeNull();
  });
});

describe('resolve', () => {
  const table = [
    { id: 'inbox', keys: ['G I'] },
    { id: 'label', keys: ['I'] },
  ];

  it('two keys in a row win over the second alone', () => {
    const first = resolve(table, 'G', null, 1000);
    expect(first.ids).toEqual([]);
    expect(resolve(table, 'I', first.pending, 1000 + SEQUENCE_MS).ids).toEqual(['inbox']);
  });

  it('too late, the second key is itself again', () => {
    const first = resolve(table, 'G', null, 1000);
    expect(resolve(table, 'I', first.pending, 1001 + SEQUENCE_MS).ids).toEqual(['label']);
  });

  it('a key that continues nothing forgets the first', () => {
    const first = resolve(table, 'G', null, 0);
    expect(resolve(table, 'X', first.pending, 1)).toEqual({ ids: [], pending: null });
  });
});

describe('the table', () => {
  it('binds no key twice where both would be heard', () => {
    const clashes = SHORTCUTS.flatMap((a, i) =>
      SHORTCUTS.slice(i + 1)
        .filter((b) => a.scope === b.scope || a.scope === 'global' || b.scope === 'global')
        .flatMap((b) => a.keys.filter((keys) => b.keys.includes(keys)).map((keys) => `${keys}: ${a.id}, ${b.id}`)),
    );
    expect(clashes).toEqual([]);
  });

  it('lets nothing but chords with Ctrl work while one types', () => {
    for (const { worksInFields, keys } of SHORTCUTS) {
      if (worksInFields === true) for (const chord of keys) expect(chord).toMatch(/^(Ctrl\+|Escape$|F\d+$)/);
    }
  });
});

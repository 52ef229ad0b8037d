import { cleanup, render } from '@testing-library/svelte';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { useBackend } from '../backend';
import { createFake } from '../backend/fake';
import type { Message } from '../bindings/Message';
import type { Span } from '../bindings/Span';
import { session } from '../session/session.svelte';
import MessageBubble from './MessageBubble.svelte';

beforeEach(async () => {
  await useBackend(createFake({ leads: 2 }));
  await session.begin();
});

afterEach(async () => {
  cleanup();
  await session.lock();
});

function draw(body: string, spans: Span[], isFound = true): HTMLElement {
  const message: Message = {
    id: 'm',
    conversation_id: 'c',
    lead_id: 'l',
    direction: 'inbound',
    author_id: null,
    body,
    status: 'delivered',
    failure_reason: null,
    sent_at: 0,
  };
  const props = { message, channel: 'whatsapp' as const, name: 'Nora', joins: false, isFound, spans };
  return render(MessageBubble, props).container;
}

/** Spans of every place of a word, as the desk counts: in UTF-16 code units of the whole text. */
const places = (body: string, word: string): Span[] =>
  [...body.matchAll(new RegExp(word, 'gu'))].map(({ index }) => ({ start: index, end: index + word.length }));

const lit = (container: HTMLElement): (string | null)[] =>
  Array.from(container.querySelectorAll('mark'), (mark) => mark.textContent);

describe('the words that were searched', () => {
  it.each([
    ['after an override and a bell', '\u202Eevil\u0007 saturday \u202C saturday', 'saturday', 2],
    ['after emoji of two and of eleven code units', '🎉👩‍👩‍👧‍👦 saturday', 'saturday', 1],
    ['beside stacked accents', `z${'\u0301'.repeat(30)} saturday`, 'saturday', 1],
    ['across lines', 'one\r\ntwo saturday\u2028saturday', 'saturday', 2],
    ['in a link', 'see https://a.example/saturday?x=saturday', 'saturday', 2],
    ['in right-to-left text', 'مرحبا السبت مرحبا', 'السبت', 1],
    ['in a run without spaces', '请确认booking明天', '明天', 1],
    ['as markup', '<b>saturday</b> <img src=x onerror=alert(1)>', 'saturday', 1],
  ])('are marked %s', (_, body, word, count) => {
    const container = draw(body, places(body, word));
    expect(lit(container)).toEqual(Array.from({ length: count }, () => word));
    expect(container.querySelector('img[src], b')).toBeNull();
  });

  it('may hold what is invisible: that is drawn as everywhere', () => {
    const container = draw('sat\u200Burday', [{ start: 0, end: 9 }]);
    expect(lit(container)).toEqual(['sat', 'urday']);
    expect(container.querySelector('.invisible-mark')?.textContent).toBe('ZWSP');
  });

  it('are shown however far down a long message they stand, where it was opened for them', () => {
    const body = `${'word '.repeat(2_000)}needle`;
    expect(lit(draw(body, places(body, 'needle')))).toEqual(['needle']);
    cleanup();
    expect(lit(draw(body, places(body, 'needle'), false))).toEqual([]);
    cleanup();
    expect(draw(body, []).textContent).not.toContain('needle');
  });
});

import { flushSync } from 'svelte';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { useBackend } from '../backend';
import { createFake } from '../backend/fake';
import type { SearchResults } from '../bindings/SearchResults';
import { PaletteSearch } from './palette.svelte';

const EMPTY: SearchResults = {
  leads: [],
  more_leads: false,
  messages: [],
  more_messages: false,
  coverage: { leads: 0, messages: 0, is_complete: true, messages_searched: true },
  elapsed_us: 1,
};

afterEach(() => vi.restoreAllMocks());

/** A desk that answers each search when told to. */
async function slowDesk(): Promise<{ asked: string[]; answer: (elapsedUs: number) => Promise<void> }> {
  const asked: string[] = [];
  const waiting: ((results: SearchResults) => void)[] = [];
  await useBackend({
    ...createFake(),
    search: (text) => {
      asked.push(text);
      return new Promise((resolve) => waiting.push(resolve));
    },
  });
  return {
    asked,
    answer: async (elapsedUs) => {
      waiting.shift()?.({ ...EMPTY, elapsed_us: elapsedUs });
      await vi.waitFor(() => undefined);
      await Promise.resolve();
      flushSync();
    },
  };
}

describe('PaletteSearch', () => {
  it('asks for the newest text only, once the last answer is there', async () => {
    const { asked, answer } = await slowDesk();
    const palette = new PaletteSearch();
    palette.type('n');
    palette.type('no');
    palette.type('nor');
    expect(asked).toEqual(['n']);
    await answer(1);
    expect(asked).toEqual(['n', 'nor']);
    await answer(2);
    expect(palette.results?.elapsed_us).toBe(2);
  });

  it('stays empty when the text was cleared while an answer was on its way', async () => {
    const { answer } = await slowDesk();
    const palette = new PaletteSearch();
    palette.type('nora');
    palette.type('');
    await answer(1);
    expect(palette.results).toBeNull();
  });

  it('shows what went wrong', async () => {
    await useBackend(createFake({ readError: 'cache_damaged' }));
    const palette = new PaletteSearch();
    palette.type('nora');
    await vi.waitFor(() => expect(palette.error?.code).toBe('cache_damaged'));
  });
});

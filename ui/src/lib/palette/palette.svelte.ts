// What is typed in the palette and what was found. One search at a time: while one runs only the newest text waits, so
// that a slow answer never overwrites a later one.

import { availableActions } from '../app/key-handler.svelte';
import { asErrorView, backend } from '../backend';
import type { ErrorView } from '../bindings/ErrorView';
import type { SearchResults } from '../bindings/SearchResults';
import { groupEntries, matchActions, moveActive, type Entry } from './entries';

const HITS = 8;

export class PaletteSearch {
  text = $state('');
  results = $state.raw<SearchResults | null>(null);
  /** The text that the results are of; what is typed may already be another. */
  searched = '';
  error = $state.raw<ErrorView | null>(null);
  active = $state(0);

  readonly groups = $derived(groupEntries(this.results, matchActions(availableActions(), this.text)));
  readonly entries = $derived<Entry[]>(this.groups.flatMap((group) => group.entries));
  readonly activeEntry = $derived<Entry | null>(this.entries[this.active] ?? null);

  #isSearching = false;
  #wanted: string | null = null;

  type(text: string): void {
    this.text = text;
    this.active = 0;
    const wanted = text.trim();
    if (wanted === '') {
      this.#wanted = null;
      this.results = null;
      this.error = null;
      return;
    }
    this.#wanted = wanted;
    void this.#search();
  }

  move(by: number): void {
    this.active = moveActive(this.active, by, this.entries.length);
  }

  async #search(): Promise<void> {
    if (this.#isSearching) return;
    this.#isSearching = true;
    try {
      while (this.#wanted !== null) {
        const text = this.#wanted;
        this.#wanted = null;
        try {
          const results = await backend().search(text, HITS);
          // What was cleared meanwhile stays clear.
          if (this.text.trim() === '') continue;
          this.results = results;
          this.searched = text;
          this.error = null;
          if (this.active >= this.entries.length) this.active = 0;
        } catch (reason) {
          this.results = null;
          this.error = asErrorView(reason);
        }
      }
    } finally {
      this.#isSearching = false;
    }
  }
}

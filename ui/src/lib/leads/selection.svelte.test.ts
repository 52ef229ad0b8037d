import { describe, expect, it } from 'vitest';

import { Selection } from './selection.svelte';

describe('Selection', () => {
  it('toggles one by one', () => {
    const selection = new Selection();
    selection.toggle('a', 0);
    selection.toggle('b', 1);
    selection.toggle('a', 0);
    expect(selection.list()).toEqual(['b']);
  });

  it('takes back what a shorter range leaves out, and keeps what was selected before', () => {
    const selection = new Selection();
    selection.toggle('z', 25);
    selection.toggle('c', 2);
    expect(selection.rangeStart(5)).toBe(2);
    selection.setRange(['c', 'd', 'e', 'f']);
    expect(selection.list().sort()).toEqual(['c', 'd', 'e', 'f', 'z']);
    selection.setRange(['c', 'd']);
    expect(selection.list().sort()).toEqual(['c', 'd', 'z']);
  });

  it('has all of the view without knowing their ids', () => {
    const selection = new Selection();
    selection.toggle('a', 0);
    selection.selectAll();
    expect(selection.has('never seen')).toBe(true);
    expect(selection.isEmpty).toBe(false);
    selection.setIds(['a', 'b']);
    expect(selection.has('never seen')).toBe(false);
    expect(selection.size).toBe(2);
    selection.clear();
    expect(selection.isEmpty).toBe(true);
  });
});

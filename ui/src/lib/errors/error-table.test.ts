import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { ERRORS } from './error-table';

describe('the error table', () => {
  it('has words for exactly the codes the desk has', () => {
    // The type checks this too; here it holds even where the types were not looked at.
    const generated = readFileSync(path.resolve('src/lib/bindings/ErrorCode.ts'), 'utf8');
    const codes = [...generated.matchAll(/"([a-z_]+)"/g)].map((match) => match[1]);
    expect(codes.length).toBeGreaterThan(20);
    expect(Object.keys(ERRORS).sort()).toEqual(codes.sort());
  });

  it('says something of its own for each, in calm sentences', () => {
    const titles = Object.values(ERRORS).map((wording) => wording.title);
    expect(new Set(titles).size).toBe(titles.length);
    for (const { title, advice } of Object.values(ERRORS)) {
      expect(title).toMatch(/^[A-Z].*[^.!]$/);
      expect(advice).toMatch(/^[A-Z].*\.$/);
      expect(title + advice).not.toContain('!');
    }
  });
});

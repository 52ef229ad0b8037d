import { describe, expect, it } from 'vitest';

import { initials } from './initials';

describe('initials', () => {
  it.each([
    ['Asha Menon', 'AM'],
    ['  mara  van der  Berg ', 'MB'],
    ['Vik', 'V'],
    ['(Dr.) Łucja Ż', 'DŻ'],
    ['李 小龙', '李小'],
    ['🎉 —', '·'],
    ['', '·'],
  ])('of %s are %s', (name, letters) => {
    expect(initials(name)).toBe(letters);
  });
});

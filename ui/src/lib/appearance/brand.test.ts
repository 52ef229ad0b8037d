import { describe, expect, it } from 'vitest';
import { brandColours, type Theme } from './brand';
import { contrast, parseHex, type Rgb } from './colour';

const AA = 4.5;
const SURFACES: Record<Theme, string[]> = {
  light: ['#ffffff', '#f7f6f4', '#efedea', '#f3eee9'],
  dark: ['#171614', '#1d1c1a', '#262422', '#2a2724'],
};

function rgb(hex: string): Rgb {
  const colour = parseHex(hex);
  if (colour === null) throw new Error(`not a colour: ${hex}`);
  return colour;
}

// Around the wheel, and the hard ones: nearly white, nearly black, pure yellow, mid grey.
const COLOURS = ['#b4532a', '#ffff00', '#00ffff', '#ff00ff', '#0000ff', '#00ff00', '#fefefe', '#010101', '#808080'];

describe.each(['light', 'dark'] as const)('the accent in the %s theme', (theme) => {
  it.each(COLOURS)('made of %s can be read on every surface, and its label on it', (hex) => {
    const colours = brandColours(hex, theme);
    for (const surface of SURFACES[theme]) {
      expect(contrast(rgb(colours.brand), rgb(surface))).toBeGreaterThanOrEqual(AA);
    }
    expect(contrast(rgb(colours.onBrand), rgb(colours.brand))).toBeGreaterThanOrEqual(AA);
    expect(contrast(rgb(colours.onBrand), rgb(colours.brandHover))).toBeGreaterThanOrEqual(AA);
    const text = theme === 'light' ? '#1d1b19' : '#ece9e4';
    expect(contrast(rgb(text), rgb(colours.bubbleOwn))).toBeGreaterThanOrEqual(AA);
  });
});

it('a colour that can be read already is kept as it is', () => {
  expect(brandColours('#8a3a16', 'light').brand).toBe('#8a3a16');
});

it.each(['', 'red', '#fff', 'url(x)', '#12345g'])('%s is not a colour, so the product’s own is taken', (hex) => {
  expect(brandColours(hex, 'light')).toEqual(brandColours('#b4532a', 'light'));
});

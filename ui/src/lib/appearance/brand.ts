// The studio's colour as an accent that can be read: any `#rrggbb` in, a set of colours out that keeps AA contrast on
// every surface of its theme. Pure.

import { contrast, mix, parseHex, toHex, type Rgb } from './colour';

export type Theme = 'light' | 'dark';

export interface BrandColours {
  brand: string;
  brandHover: string;
  onBrand: string;
  bubbleOwn: string;
}

const DEFAULT: Rgb = { r: 0xb4, g: 0x53, b: 0x2a };
const WHITE: Rgb = { r: 255, g: 255, b: 255 };
const BLACK: Rgb = { r: 0, g: 0, b: 0 };
const INK: Rgb = { r: 0x17, g: 0x16, b: 0x14 };

/** The surface of each theme on which the accent is hardest to read. */
const HARDEST: Record<Theme, Rgb> = {
  light: { r: 0xef, g: 0xed, b: 0xea },
  dark: { r: 0x2a, g: 0x27, b: 0x24 },
};
const PAPER: Record<Theme, Rgb> = { light: WHITE, dark: INK };

/** AA for text of any size. */
const READABLE = 4.5;
/** On the darkest text the accent still wants to glow: what #e08a5f has on its own surface. */
const STEP = 0.02;

export function brandColours(hex: string, theme: Theme): BrandColours {
  const given = parseHex(hex) ?? DEFAULT;
  const towards = theme === 'light' ? BLACK : WHITE;
  const brand = readable(theme === 'dark' ? mix(WHITE, given, 0.16) : given, HARDEST[theme], towards);
  const onBrand = contrast(WHITE, brand) >= READABLE ? WHITE : INK;
  return {
    brand: toHex(brand),
    // Away from its own text, so that hovering never makes the label harder to read.
    brandHover: toHex(mix(onBrand === WHITE ? BLACK : WHITE, brand, 0.12)),
    onBrand: toHex(onBrand),
    bubbleOwn: toHex(mix(brand, PAPER[theme], theme === 'light' ? 0.14 : 0.18)),
  };
}

/** The nearest mix of the colour with black or white that can be read on the surface. */
function readable(colour: Rgb, surface: Rgb, towards: Rgb): Rgb {
  for (let share = 0; share < 1; share += STEP) {
    const candidate = mix(towards, colour, share);
    // The written form is rounded, so it is what must pass.
    const rounded = parseHex(toHex(candidate));
    if (rounded !== null && contrast(rounded, surface) >= READABLE) return rounded;
  }
  return towards;
}

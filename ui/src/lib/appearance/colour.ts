// Colours as numbers: sRGB, WCAG 2 contrast, and lightness in HSL. Pure.

export interface Rgb {
  r: number;
  g: number;
  b: number;
}

/** Null for anything but `#rrggbb`. */
export function parseHex(hex: string): Rgb | null {
  const match = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(hex);
  if (match === null) return null;
  const [r, g, b] = match.slice(1).map((part) => Number.parseInt(part, 16));
  return r === undefined || g === undefined || b === undefined ? null : { r, g, b };
}

export function toHex({ r, g, b }: Rgb): string {
  return `#${[r, g, b]
    .map((part) =>
      Math.round(Math.min(255, Math.max(0, part)))
        .toString(16)
        .padStart(2, '0'),
    )
    .join('')}`;
}

/** WCAG 2.2, relative luminance. */
function luminance({ r, g, b }: Rgb): number {
  const linear = (part: number): number => {
    const c = part / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
}

/** WCAG 2.2, contrast ratio, 1 to 21. */
export function contrast(a: Rgb, b: Rgb): number {
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return ((high ?? 0) + 0.05) / ((low ?? 0) + 0.05);
}

/** `share` of `top` over `under`, 0 to 1. */
export function mix(top: Rgb, under: Rgb, share: number): Rgb {
  const part = (t: number, u: number): number => u + (t - u) * share;
  return { r: part(top.r, under.r), g: part(top.g, under.g), b: part(top.b, under.b) };
}

// Words about who looks at what.

export const strings = {
  looking: (names: readonly string[]): string => {
    const [first = '', second = ''] = names;
    if (names.length === 0) return '';
    if (names.length === 1) return `${first} is looking at this`;
    if (names.length === 2) return `${first} and ${second} are looking at this`;
    return `${first}, ${second} and ${String(names.length - 2)} more are looking at this`;
  },
} as const;

// How keys are drawn: `Ctrl K`, `G then I`, `↵`. Pure.

const SIGNS: Readonly<Record<string, string>> = {
  Enter: '↵',
  Escape: 'Esc',
  ArrowDown: '↓',
  ArrowUp: '↑',
  ArrowLeft: '←',
  ArrowRight: '→',
  Space: 'Space',
  '-': '−',
};

export function keyLabel(keys: string): string {
  return keys
    .split(' ')
    .map((chord) =>
      chord
        .split(/\+(?=.)/)
        .map((key) => SIGNS[key] ?? key)
        .join(' '),
    )
    .join(' then ');
}

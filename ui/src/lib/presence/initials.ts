// The letters that stand for a name. Pure.

/** First letters of the first and the last word; of what has no letters, a dot. */
export function initials(name: string): string {
  const words = name.split(/\s+/u).flatMap((word) => /\p{L}|\p{N}/u.exec(word)?.[0] ?? []);
  const [first, last] = [words[0], words.at(-1)];
  if (first === undefined || last === undefined) return '·';
  return (words.length === 1 ? first : `${first}${last}`).toLocaleUpperCase('en-GB');
}

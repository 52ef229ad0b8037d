// Hostile text as it may be read aloud: without what can't be seen. Pure.

import { tokenise } from './tokens';

/** One line, at most `most` characters. */
export function spokenText(text: string, most = 200): string {
  const said = tokenise(text, { layout: 'line' })
    .map((token) => (token.kind === 'text' ? token.text : ''))
    .join('')
    .trim();
  const characters = Array.from(said);
  return characters.length > most ? `${characters.slice(0, most).join('')}…` : said;
}

// What a click on a lead's number or address opens. Pure. `null` for anything not plainly one.

import { findLinks } from './links';

export function phoneTarget(phone: string): string | null {
  return wholeTarget(`tel:${phone}`);
}

export function emailTarget(email: string): string | null {
  return wholeTarget(`mailto:${email}`);
}

/** The same rules as for links in messages; all of it must be the link. */
function wholeTarget(text: string): string | null {
  const [link] = findLinks(text);
  return link !== undefined && link.start === 0 && link.end === text.length ? link.target : null;
}

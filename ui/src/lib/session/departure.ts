// What is said on the sign-in screen of how the account left this computer. Pure.

import type { SignOutEnd } from '../bindings/SignOutEnd';
import { strings } from '../strings/session';

export interface Departure {
  end: SignOutEnd;
  /** Asked for in this window, and not by the server or another device. */
  isOwn: boolean;
}

export interface DepartureWords {
  text: string;
  /** Where what could not be read was put, and what to do with it. */
  folder?: string;
  advice?: string;
}

/** Null where there is nothing to say: it ended as it was asked for. */
export function departureWords({ end, isOwn }: Departure): DepartureWords | null {
  if ('set_aside' in end) {
    return { text: strings.setAside, folder: end.set_aside.folder, advice: strings.setAsideAdvice };
  }
  const lost = 'erased' in end ? end.erased.lost : { audit: 0, edits: 0, drafts: 0 };
  if (lost !== null && lost.audit + lost.edits + lost.drafts > 0) return said(isOwn, strings.lost(lost));
  // Who signed out without knowing has been told so before.
  if (lost === null && !isOwn) return said(isOwn, strings.lostUnknown);
  return isOwn ? null : { text: strings.signedOutElsewhere };
}

function said(isOwn: boolean, lost: string): DepartureWords {
  return { text: isOwn ? lost : `${strings.signedOutElsewhere} ${lost}` };
}

// What an answer may be, as the desk says it. Pure.

/** UTF-8. */
export const MOST_BYTES = 65_536;
/** From here on one is told how much is left. */
const WARN_BYTES = Math.floor(MOST_BYTES * 0.9);

const encoder = new TextEncoder();

export interface ReplyCheck {
  canSend: boolean;
  /** Bytes that are left, where that is worth telling; below zero it is too long. */
  leftBytes: number | null;
}

export function checkReply(text: string): ReplyCheck {
  // No character has more than three bytes for each of its code units: most texts need not be counted.
  const bytes = text.length * 3 < WARN_BYTES ? 0 : encoder.encode(text).length;
  return {
    canSend: text.trim() !== '' && bytes <= MOST_BYTES,
    leftBytes: bytes < WARN_BYTES ? null : MOST_BYTES - bytes,
  };
}

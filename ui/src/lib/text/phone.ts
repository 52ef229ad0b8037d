// A number in E.164 form, grouped so that it can be read aloud. Pure. Grouping is for the eye only: numbering plans differ within
// a country, so it claims no more than the country code and groups of three or four.

const TWO_DIGIT_CODES = new Set(
  '20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 65 66 81 82 84 86 90 91 92 93 94 95 98'.split(
    ' ',
  ),
);

/** `+44 7700 900118` from `+447700900118`; anything that is no number as it is. */
export function phoneText(phone: string): string {
  const match = /^\+(\d{5,15})$/.exec(phone);
  const digits = match?.[1];
  if (digits === undefined) return phone;
  const codeLength =
    digits.startsWith('1') || digits.startsWith('7') ? 1 : TWO_DIGIT_CODES.has(digits.slice(0, 2)) ? 2 : 3;
  const rest = digits.slice(codeLength);
  if (digits.startsWith('1') && rest.length === 10)
    return `+1 ${rest.slice(0, 3)} ${rest.slice(3, 6)} ${rest.slice(6)}`;
  return `+${digits.slice(0, codeLength)} ${grouped(rest)}`;
}

function grouped(digits: string): string {
  if (digits.length <= 4) return digits;
  if (digits.length === 9) return `${digits.slice(0, 3)} ${digits.slice(3, 6)} ${digits.slice(6)}`;
  if (digits.length === 10) return `${digits.slice(0, 4)} ${digits.slice(4)}`;
  const head = digits.slice(0, digits.length > 8 ? 4 : 3);
  return `${head} ${grouped(digits.slice(head.length))}`;
}

// Numbers, money and sizes as people read them. Pure.

const LOCALE = 'en-GB';
const whole = new Intl.NumberFormat(LOCALE, { maximumFractionDigits: 0 });
const oneDigit = new Intl.NumberFormat(LOCALE, { maximumFractionDigits: 1 });

/** `8,412` */
export function count(n: number): string {
  return whole.format(n);
}

/** `1 lead`, `8,412 leads` */
export function counted(n: number, one: string, many: string): string {
  return `${count(n)} ${n === 1 ? one : many}`;
}

/** `1,250.5` from 1250500 thousandths, exactly. */
export function thousandths(n: number): string {
  const rest = Math.abs(n) % 1000;
  const part = rest === 0 ? '' : `.${String(rest).padStart(3, '0').replace(/0+$/, '')}`;
  return `${n < 0 ? '-' : ''}${whole.format((Math.abs(n) - rest) / 1000)}${part}`;
}

const moneyFormats = new Map<string, Intl.NumberFormat>();

/** `€420` from 42000 and `EUR`; cents only where there are any. */
export function money(minor: number, currency: string): string {
  const digits = minor % 100 === 0 ? 0 : 2;
  const key = `${currency} ${digits}`;
  let format = moneyFormats.get(key);
  if (format === undefined) {
    format = new Intl.NumberFormat(LOCALE, {
      style: 'currency',
      currency,
      currencyDisplay: 'narrowSymbol',
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
    });
    moneyFormats.set(key, format);
  }
  return format.format(minor / 100);
}

/** `€49.00` from 4900 and `EUR`, `¥4,900` from 4900 and `JPY`: the currency's own minor unit (ISO 4217), exactly. */
export function amount(minor: number, currency: string): string {
  let format = moneyFormats.get(currency);
  if (format === undefined) {
    format = new Intl.NumberFormat(LOCALE, { style: 'currency', currency, currencyDisplay: 'narrowSymbol' });
    moneyFormats.set(currency, format);
  }
  const digits = format.resolvedOptions().maximumFractionDigits ?? 2;
  return format.format(minor / 10 ** digits);
}

/** `640 B`, `1.2 MB`: decimal units, as file managers show them. */
export function byteSize(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  const units = ['kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 'B';
  for (const next of units) {
    if (value < 1000) break;
    value /= 1000;
    unit = next;
  }
  return `${value < 10 ? oneDigit.format(value) : whole.format(value)} ${unit}`;
}

/** Microseconds as a search reports them: `under 1 ms`, `6 ms`, `1.2 s`. */
export function elapsed(us: number): string {
  const ms = us / 1000;
  if (ms < 1) return 'under 1 ms';
  return ms < 1000 ? `${Math.round(ms)} ms` : `${oneDigit.format(ms / 1000)} s`;
}

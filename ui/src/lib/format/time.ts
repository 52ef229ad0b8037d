// Times as people say them. Pure: the moment of asking and the time zone are passed in; the zone of the studio for
// what happened to a lead, none (this computer's) for what happens here.

const LOCALE = 'en-GB';
const DAY_MS = 86_400_000;

const formats = new Map<string, Intl.DateTimeFormat>();

function format(options: Intl.DateTimeFormatOptions, timeZone: string | undefined): Intl.DateTimeFormat {
  const key = `${timeZone ?? ''}|${JSON.stringify(options)}`;
  let made = formats.get(key);
  if (made === undefined) {
    made = new Intl.DateTimeFormat(LOCALE, timeZone === undefined ? options : { ...options, timeZone });
    formats.set(key, made);
  }
  return made;
}

/** `14:02` */
export function clockTime(at: number, timeZone?: string): string {
  return format({ hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }, timeZone).format(at);
}

/** Whole calendar days between two moments, in that zone: 0 is the same day, 1 the day after. */
export function daysBetween(earlier: number, later: number, timeZone?: string): number {
  return dayNumber(later, timeZone) - dayNumber(earlier, timeZone);
}

function dayNumber(at: number, timeZone: string | undefined): number {
  const parts = format({ year: 'numeric', month: 'numeric', day: 'numeric' }, timeZone).formatToParts(at);
  const value = (type: Intl.DateTimeFormatPartTypes): number => Number(parts.find((p) => p.type === type)?.value ?? 0);
  return Math.floor(Date.UTC(value('year'), value('month') - 1, value('day')) / DAY_MS);
}

/** `15 Nov`, or `15 Nov 2024` in another year. */
export function shortDate(at: number, now: number, timeZone?: string): string {
  const year = (t: number): string => format({ year: 'numeric' }, timeZone).format(t);
  const options: Intl.DateTimeFormatOptions = { day: 'numeric', month: 'short' };
  return format(year(at) === year(now) ? options : { ...options, year: 'numeric' }, timeZone).format(at);
}

/** `15 Nov 2026` of `2026-11-15`: a day of the calendar, which is the same everywhere. */
export function calendarDay(day: string): string {
  if (!isCalendarDay(day)) return day;
  const options: Intl.DateTimeFormatOptions = { day: 'numeric', month: 'short', year: 'numeric' };
  return format(options, 'UTC').format(Date.parse(`${day}T00:00:00Z`));
}

/** Whether it is a day of the years 1 to 9999, written `2026-11-15`. */
export function isCalendarDay(text: string): boolean {
  if (!/^\d{4}-\d\d-\d\d$/.test(text) || text.startsWith('0000')) return false;
  const at = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(text);
}

/** As short as a list allows: `14:02` today, `Yesterday`, `Tue` within the week, else `15 Nov`. */
export function listTime(at: number, now: number, timeZone?: string): string {
  const days = daysBetween(at, now, timeZone);
  if (days === 0) return clockTime(at, timeZone);
  if (days === 1) return 'Yesterday';
  if (days > 1 && days < 7) return format({ weekday: 'short' }, timeZone).format(at);
  return shortDate(at, now, timeZone);
}

/** The heading of a day in a thread: `Today`, `Yesterday`, `Sunday 15 November`, with the year when it is another. */
export function dayHeading(at: number, now: number, timeZone?: string): string {
  const days = daysBetween(at, now, timeZone);
  if (days === 0) return 'Today';
  if (days === 1) return 'Yesterday';
  const year = (t: number): string => format({ year: 'numeric' }, timeZone).format(t);
  const options: Intl.DateTimeFormatOptions = { weekday: 'long', day: 'numeric', month: 'long' };
  const parts = format(year(at) === year(now) ? options : { ...options, year: 'numeric' }, timeZone).format(at);
  return parts.replace(',', '');
}

/** `13:40` today, `Yesterday, 19:12`, else `15 Nov, 19:12`. */
export function moment(at: number, now: number, timeZone?: string): string {
  const days = daysBetween(at, now, timeZone);
  const clock = clockTime(at, timeZone);
  if (days === 0) return clock;
  return `${days === 1 ? 'Yesterday' : shortDate(at, now, timeZone)}, ${clock}`;
}

/** How long ago, roughly: `now`, `12 min`, `3 h`, `Yesterday`, `4 d`, else the date. */
export function ago(at: number, now: number, timeZone?: string): string {
  const minutes = Math.floor((now - at) / 60_000);
  if (minutes < 1) return 'now';
  if (minutes < 60) return `${minutes} min`;
  const days = daysBetween(at, now, timeZone);
  if (days === 0) return `${Math.floor(minutes / 60)} h`;
  if (days === 1) return 'Yesterday';
  if (days < 7) return `${days} d`;
  return shortDate(at, now, timeZone);
}

/** The whole of it, for tooltips and `<time>`: `Sunday, 15 November 2026 at 18:20`. */
export function fullTime(at: number, timeZone?: string): string {
  return format({ dateStyle: 'full', timeStyle: 'short', hourCycle: 'h23' }, timeZone).format(at);
}

/** A duration one waits for: `under a minute`, `12 s`, `4 min`, `1 h 20 min`. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  const minutes = Math.round(whole / 60);
  if (minutes < 60) return `${minutes} min`;
  const rest = minutes % 60;
  return rest === 0 ? `${minutes / 60} h` : `${Math.floor(minutes / 60)} h ${rest} min`;
}

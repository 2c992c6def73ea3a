/**
 * A date is a range as long as its precision: `2020` is the whole year. FHIR R4 search.html#date, datatypes.html#dateTime.
 * A date or time without a zone is taken as UTC, in resources and in queries alike.
 */

/** Epoch milliseconds, start inclusive, end exclusive. */
export interface DateRange {
  readonly start: number;
  readonly end: number;
}

/** Midnight UTC of a day. `Date.UTC` would read the year 20 as 1920. */
const utc = (year: number, month: number, day: number): number => new Date(0).setUTCFullYear(year, month, day);

/** Open ends of a period: the beginning of year 1, and the end of year 9999. */
export const earliest: number = utc(1, 0, 1);
export const latest: number = utc(10000, 0, 1);

const pattern = /^(\d{4})(?:-(\d{2})(?:-(\d{2})(?:T(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d+))?)?(Z|[+-]\d{2}:\d{2})?)?)?)?$/;

const offsetMinutes = (zone: string | undefined): number | undefined => {
  if (zone === undefined || zone === 'Z') return 0;
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(4));
  if (minutes > 14 * 60 || Number(zone.slice(4)) > 59) return undefined;
  return zone.startsWith('-') ? -minutes : minutes;
};

const within = (start: number, end: number): DateRange => ({
  start: Math.max(start, earliest),
  end: Math.min(end, latest),
});

/** The range of a FHIR date, dateTime or instant; also to the minute, as queries may give it. Undefined: not a date. */
export const dateRange = (text: string): DateRange | undefined => {
  const match = pattern.exec(text);
  if (match === null) return undefined;
  const [, years, months, days, hours, minutes, seconds, fraction, zone] = match;
  const year = Number(years);
  if (year === 0) return undefined;
  if (months === undefined) return within(utc(year, 0, 1), utc(year + 1, 0, 1));
  const month = Number(months) - 1;
  if (month < 0 || month > 11) return undefined;
  if (days === undefined)
    return within(utc(year, month, 1), month === 11 ? utc(year + 1, 0, 1) : utc(year, month + 1, 1));
  const day = Number(days);
  const midnight = utc(year, month, 1) + (day - 1) * 86_400_000;
  if (day < 1 || new Date(midnight).getUTCMonth() !== month) return undefined;
  if (hours === undefined) return within(midnight, midnight + 86_400_000);
  const offset = offsetMinutes(zone);
  const [hour, minute, second] = [Number(hours), Number(minutes), Number(seconds ?? 0)];
  // A leap second, :60, is the first of the next minute.
  if (offset === undefined || hour > 23 || minute > 59 || second > 60) return undefined;
  const start = midnight + ((hour * 60 + minute - offset) * 60 + second) * 1000;
  if (seconds === undefined) return within(start, start + 60_000);
  if (fraction === undefined) return within(start, start + 1000);
  // Finer than a millisecond is cut to one.
  const length = 10 ** Math.max(0, 3 - fraction.length);
  const millisecond = start + Number(fraction.slice(0, 3).padEnd(3, '0'));
  return within(millisecond, millisecond + length);
};

/** The range of a Period: an end that is not given is open. Undefined: neither end is a date, or it ends before it starts. */
export const periodRange = (start: unknown, end: unknown): DateRange | undefined => {
  const from = typeof start === 'string' ? dateRange(start) : undefined;
  const to = typeof end === 'string' ? dateRange(end) : undefined;
  if (from === undefined && to === undefined) return undefined;
  const range = { start: from?.start ?? earliest, end: to?.end ?? latest };
  return range.start < range.end ? range : undefined;
};

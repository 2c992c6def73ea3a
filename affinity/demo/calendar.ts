/** Arithmetic on FHIR dates (R4 datatypes, date, dateTime and instant), without a clock and without a time zone. */

const DAY = 86_400_000;
const DAYS_PER_YEAR = 365.25;

/** Days since 1970-01-01 of an ISO date. Throws a RangeError on text that is not a calendar date. */
export function dayOf(date: string): number {
  const time = Date.parse(`${date}T00:00:00Z`);
  if (Number.isNaN(time)) throw new RangeError(`not a date of the form 2025-03-04: ${date}`);
  return time / DAY;
}

/** The ISO date of a number of days since 1970-01-01. */
export const dateOf = (day: number): string => new Date(Math.round(day) * DAY).toISOString().slice(0, 10);

/** A date so many days later (or earlier, when negative). */
export const addDays = (date: string, days: number): string => dateOf(dayOf(date) + days);

/** A date so many years later (or earlier), in whole days. */
export const addYears = (date: string, years: number): string => addDays(date, years * DAYS_PER_YEAR);

/** Years from one date to another, with fractions; negative when `to` is the earlier. */
export const yearsBetween = (from: string, to: string): number => (dayOf(to) - dayOf(from)) / DAYS_PER_YEAR;

/** The earlier of two dates. */
export const earlier = (one: string, other: string): string => (one < other ? one : other);

/** The later of two dates. */
export const later = (one: string, other: string): string => (one > other ? one : other);

/** The nearest day, on or after the date, that is not a Saturday or a Sunday. */
export function weekday(date: string): string {
  const day = new Date(dayOf(date) * DAY).getUTCDay();
  return addDays(date, day === 6 ? 2 : day === 0 ? 1 : 0);
}

/** The instant so many minutes after midnight UTC of a date. */
export function instantOf(date: string, minutes: number): string {
  return `${new Date(dayOf(date) * DAY + minutes * 60_000).toISOString().slice(0, 19)}Z`;
}

/** FHIR dates as people read them, with how long ago it was. FHIR R4 datatypes.html#dateTime: a year, a month, a day or a moment. */

const months = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];
const day = 86_400_000;

/** `2026-05-03T10:00:00+02:00` → `3 May 2026`, in the place where it was written; `2026-05` → `May 2026`. */
export function showDate(date: string): string {
  const [, year, month, dayOfMonth] = /^(\d{4})(?:-(\d\d)(?:-(\d\d))?)?/.exec(date) ?? [];
  const name = months[Number(month ?? 0) - 1];
  return [dayOfMonth === undefined ? '' : String(Number(dayOfMonth)), name ?? '', year ?? date]
    .filter(Boolean)
    .join(' ');
}

/** `6 months ago`, in the largest unit that is at least one; `today` for a day that is not over. */
export function showAgo(at: number, now: number): string {
  const days = Math.floor((now - at) / day);
  if (days < 0) return 'in the future';
  if (days < 2) return days === 0 ? 'today' : 'yesterday';
  const [count, unit] =
    days < 14
      ? [days, 'day']
      : days < 61
        ? [Math.floor(days / 7), 'week']
        : days < 730
          ? [Math.floor(days / 30.44), 'month']
          : [Math.floor(days / 365.25), 'year'];
  return `${count} ${unit}${count === 1 ? '' : 's'} ago`;
}

/** Whole years since a birth date; undefined where the day is not known or lies ahead. */
export function ageAt(birthDate: string, now: number): number | undefined {
  if (!/^\d{4}-\d\d-\d\d$/.test(birthDate)) return undefined;
  const today = new Date(now).toISOString().slice(0, 10);
  const years =
    Number(today.slice(0, 4)) - Number(birthDate.slice(0, 4)) - (today.slice(5) < birthDate.slice(5) ? 1 : 0);
  return years < 0 ? undefined : years;
}

/** FHIR dates and spans of days as people read them. FHIR R4 datatypes, `date`: a year, a month or a day. */

const monthOf = (language: string, date: Date, form: Intl.DateTimeFormatOptions): string =>
  new Intl.DateTimeFormat(language, { timeZone: 'UTC', ...form }).format(date);
const locale = (language: string): string => (language === 'en' ? 'en-GB' : language);

/** `2014-05-03` → `3 May 2014`, `2014-05` → `May 2014`, `2014` → `2014`; anything else is given back as it is. */
export const showDate = (language: string, date: string): string => {
  const at = new Date(date);
  if (!/^\d{4}(-\d\d){0,2}$/.test(date) || Number.isNaN(at.getTime())) return date;
  if (date.length === 4) return date;
  const day = date.length === 10 ? { day: 'numeric' as const } : {};
  return monthOf(locale(language), at, { ...day, month: 'long', year: 'numeric' });
};

/** The last day of a span of whole days that begins now. */
export const showEnd = (language: string, now: Date, days: number): string =>
  showDate(language, new Date(now.getTime() + days * 86_400_000).toISOString().slice(0, 10));

/** Whole years lived; absent where the date does not say the day, or lies ahead. */
export const yearsSince = (date: string, now: Date): number | undefined => {
  if (!/^\d{4}-\d\d-\d\d$/.test(date) || Number.isNaN(new Date(date).getTime())) return undefined;
  const today = now.toISOString();
  const years = Number(today.slice(0, 4)) - Number(date.slice(0, 4)) - (today.slice(5, 10) < date.slice(5) ? 1 : 0);
  return years < 0 ? undefined : years;
};

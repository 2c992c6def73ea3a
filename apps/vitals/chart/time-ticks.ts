/** Which dates stand on the time axis: the first of days, months or years, few enough to read. All in UTC. */

export interface TimeTick {
  /** milliseconds since 1970 */
  readonly at: number;
  readonly label: string;
}

const day = 86_400_000;
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const label = (date: Date, unit: 'day' | 'month' | 'year'): string => {
  const month = months[date.getUTCMonth()];
  if (unit === 'day') return `${date.getUTCDate()} ${month}`;
  return unit === 'month' ? `${month} ${date.getUTCFullYear()}` : String(date.getUTCFullYear());
};

const steps = [
  ...[1, 2, 7, 14].map((size) => ({ unit: 'day' as const, size, days: size })),
  ...[1, 3, 6].map((size) => ({ unit: 'month' as const, size, days: size * 30.4 })),
  ...[1, 2, 5, 10, 20, 50].map((size) => ({ unit: 'year' as const, size, days: size * 365.25 })),
];

/** At most `count` + 1 ticks between `from` and `to`, both included. */
export function timeTicks(from: number, to: number, count: number): readonly TimeTick[] {
  const step = steps.find(({ days }) => (to - from) / (days * day) <= count) ?? steps.at(-1);
  if (step === undefined) return [];
  const { unit, size } = step;
  const start = new Date(from);
  const year = start.getUTCFullYear();
  const nth = (index: number): number => {
    if (unit === 'day') return Math.ceil(from / day) * day + index * size * day;
    if (unit === 'month') return Date.UTC(year, (Math.floor(start.getUTCMonth() / size) + index) * size, 1);
    return Date.UTC((Math.floor(year / size) + index) * size, 0, 1);
  };
  const ticks: TimeTick[] = [];
  for (let index = 0; nth(index) <= to; index += 1) {
    if (nth(index) >= from) ticks.push({ at: nth(index), label: label(new Date(nth(index)), unit) });
  }
  return ticks;
}

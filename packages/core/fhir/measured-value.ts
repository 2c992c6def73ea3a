/** Dates, numbers and quantities of a value as ranges. FHIR R4 search.html#date, #number, #quantity. */
import { type DateRange, dateRange, periodRange } from './date-range.ts';
import { isObject, type Json, list, text } from './path-values.ts';
import type { NumberEntry, QuantityEntry } from './search-index.ts';

/** The outer limits of a Timing: its events, or the bounds of its repetition. */
const timing = (value: Json): DateRange | undefined => {
  const ranges = list(value.event).flatMap((event) => dateRange(text(event) ?? '') ?? []);
  const bounds = isObject(value.repeat) ? value.repeat.boundsPeriod : undefined;
  const period = isObject(bounds) ? periodRange(bounds.start, bounds.end) : undefined;
  const all = period === undefined ? ranges : [...ranges, period];
  if (all.length === 0) return undefined;
  return all.reduce((a, b) => ({ start: Math.min(a.start, b.start), end: Math.max(a.end, b.end) }));
};
export const dateOf = (type: string, value: unknown): DateRange | undefined => {
  if (type === 'Period') return isObject(value) ? periodRange(value.start, value.end) : undefined;
  if (type === 'Timing') return isObject(value) ? timing(value) : undefined;
  return dateRange(text(value) ?? '');
};

/** An end that is not given: no number is further away. */
export const lowest: number = -Number.MAX_VALUE;
export const highest: number = Number.MAX_VALUE;

type Measured = Omit<NumberEntry, 'param'>;
type Quantified = Omit<QuantityEntry, 'param'>;

const finite = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) ? value : undefined;
const exactly = (value: number): Measured => ({ value, low: value, high: value });

export const numberOf = (value: unknown): Measured | undefined => {
  const number = finite(value);
  return number === undefined ? undefined : exactly(number);
};

const unitOf = (value: Json): Pick<Quantified, 'system' | 'code' | 'unit'> => ({
  system: text(value.system) ?? '',
  code: text(value.code) ?? '',
  unit: text(value.unit) ?? '',
});

/** What `<5` leaves out: less than anything measures, and more than the conversion of a unit rounds away. */
const margin = (value: number): number => (Math.abs(value) || Number.EPSILON) * 2 ** -32;
/** `<=5` reaches from the lowest number up to 5, and `<5` to a little below it. */
const compared = (value: number, comparator: unknown): Measured => {
  switch (comparator) {
    case '<':
      return { value, low: lowest, high: value - margin(value) };
    case '<=':
      return { value, low: lowest, high: value };
    case '>=':
      return { value, low: value, high: highest };
    case '>':
      return { value, low: value + margin(value), high: highest };
    default:
      return exactly(value);
  }
};
const quantity = (value: unknown): Quantified | undefined => {
  const number = isObject(value) ? finite(value.value) : undefined;
  return !isObject(value) || number === undefined
    ? undefined
    : { ...compared(number, value.comparator), ...unitOf(value) };
};

/** An end that is not given is open. Ends in two units are no range. */
const range = ({ low, high }: Json): Quantified | undefined => {
  const from = quantity(low);
  const to = quantity(high);
  const one = from ?? to;
  if (one === undefined) return undefined;
  if (from !== undefined && to !== undefined && (from.system !== to.system || from.code !== to.code)) return undefined;
  const ends = { low: from?.low ?? lowest, high: to?.high ?? highest };
  return ends.low <= ends.high ? { ...one, ...ends } : undefined;
};

/** The bounds of the values sampled: `E` is an error, `L` and `U` are beyond the limits of what can be measured. */
const sampled = ({ origin, factor, data, lowerLimit, upperLimit }: Json): Quantified | undefined => {
  const zero = quantity(origin);
  if (zero === undefined) return undefined;
  const scale = finite(factor) ?? 1;
  let low = highest;
  let high = lowest;
  for (const word of (text(data) ?? '').split(/\s+/)) {
    const limit = word === 'L' ? finite(lowerLimit) : word === 'U' ? finite(upperLimit) : undefined;
    const point = limit ?? (/^[+-]?\d/.test(word) ? Number(word) * scale + zero.value : Number.NaN);
    if (!Number.isFinite(point)) continue;
    low = Math.min(low, point);
    high = Math.max(high, point);
  }
  return low <= high ? { ...zero, value: low, low, high } : undefined;
};

/** ISO 4217, as FHIR names it where a currency is a unit. */
const currencies = 'urn:iso:std:iso:4217';
const money = (value: Json): Quantified | undefined => {
  const number = finite(value.value);
  const code = text(value.currency) ?? '';
  return number === undefined ? undefined : { ...exactly(number), system: currencies, code, unit: code };
};

export const quantityOf = (type: string, value: unknown): Quantified | undefined => {
  if (!isObject(value)) return undefined;
  if (type === 'Money') return money(value);
  if (type === 'Range') return range(value);
  return type === 'SampledData' ? sampled(value) : quantity(value);
};

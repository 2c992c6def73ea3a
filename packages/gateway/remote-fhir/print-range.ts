/**
 * Dates, numbers and quantities as bounds that every value that is meant lies within: the alternatives of a parameter become
 * one stretch from the lowest to the highest. How a server compares ranges differs; bounds are understood alike. FHIR R4
 * search.html#prefix.
 */

import { earliest, latest } from '@affinity/core/fhir/date-range.ts';
import type { SearchValue } from '@affinity/core/fhir/search-query.ts';
import { escaped, type Pair } from './print-value.ts';

/** What is meant reaches beyond `low`, and begins before `high`; undefined: no bound. */
interface Bounds {
  readonly low?: number;
  readonly high?: number;
}
type Ranged = Extract<SearchValue, { kind: 'date' | 'number' | 'quantity' }>;

const isRanged = (value: SearchValue): value is Ranged =>
  value.kind === 'date' || value.kind === 'number' || value.kind === 'quantity';

const boundsOf = (value: Ranged): Bounds => {
  const [low, high] = value.kind === 'date' ? [value.start, value.end] : [value.low, value.high];
  // Of dates the whole range counts, of numbers the value itself (core/fhir/value-match.ts).
  const [least, most] = value.kind === 'date' ? [low, high] : [value.value, value.value];
  switch (value.prefix) {
    case 'eq':
    case 'ap':
      return { low, high };
    case 'gt':
    case 'sa':
      return { low: most };
    case 'ge':
      return { low: least };
    case 'lt':
    case 'eb':
      return { high: least };
    case 'le':
      return { high: most };
    case 'ne':
      return {};
  }
};

/** Around all of them; a bound that one of them lacks, none has. */
const together = (all: readonly Bounds[]): Bounds => {
  const lows = all.flatMap(({ low }) => low ?? []);
  const highs = all.flatMap(({ high }) => high ?? []);
  return {
    ...(lows.length === all.length ? { low: Math.min(...lows) } : {}),
    ...(highs.length === all.length ? { high: Math.max(...highs) } : {}),
  };
};

const second = 1000;
/** A date without a zone is of the server's own: it may be up to 14 hours away from ours. */
const zones = 14 * 3600 * second;

const instant = (time: number): string => new Date(time).toISOString().replace(/\.\d{3}Z$/, 'Z');

const printDates = (param: string, { low, high }: Bounds): readonly Pair[] => {
  // Instants are exact everywhere, but for their fractions.
  const margin = param === '_lastUpdated' ? second : zones;
  const from = low === undefined ? earliest : low - margin;
  const until = high === undefined ? latest : high + margin;
  return [
    ...(from <= earliest ? [] : [[param, `ge${instant(from)}`] as const]),
    ...(until >= latest ? [] : [[param, `le${instant(until)}`] as const]),
  ];
};

/** Plain decimals only: an exponent is not read by all. */
const decimal = (value: number): string | undefined => {
  const text = String(value);
  return /^-?\d{1,15}(\.\d{1,15})?$/.test(text) ? text : undefined;
};

const unitOf = (value: Ranged): string =>
  value.kind === 'quantity' && value.system !== undefined && value.code !== undefined
    ? `|${[value.system, value.code].map(escaped).join('|')}`
    : '';

const printNumbers = (param: string, { low, high }: Bounds, unit: string): readonly Pair[] => {
  const from = low === undefined ? undefined : decimal(low);
  const until = high === undefined ? undefined : decimal(high);
  return [
    ...(from === undefined ? [] : [[param, `ge${from}${unit}`] as const]),
    ...(until === undefined ? [] : [[param, `le${until}${unit}`] as const]),
  ];
};

export const printRange = (param: string, values: readonly SearchValue[]): readonly Pair[] => {
  const ranged = values.filter(isRanged);
  const bounds = together(ranged.map(boundsOf));
  if (ranged.every(({ kind }) => kind === 'date')) return printDates(param, bounds);
  const units = new Set(ranged.map(unitOf));
  const [unit = ''] = units;
  return units.size > 1 ? [] : printNumbers(param, bounds, unit);
};

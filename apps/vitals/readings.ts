/** Observations → readings in the order of time, in one unit. FHIR R4 observation.html; US Core 6.1.0. */
import type { Resource } from '@affinity/core/fhir/resource.ts';
import type { Measure, Range } from './measures.ts';
import { type Amount, convert, readAmount } from './units.ts';

export interface Reading {
  /** as the record writes it */
  readonly date: string;
  /** milliseconds since 1970 */
  readonly at: number;
  /** one for each series of the measure; undefined where there is no value, or none in a known unit */
  readonly amounts: readonly (Amount | undefined)[];
}

export interface Readings {
  /** unit of the newest reading, to which the others were turned; absent where there is no value at all */
  readonly unit: string | undefined;
  readonly readings: readonly Reading[];
  /** one for each series */
  readonly usual: readonly (Range | undefined)[];
  /** `usual` is what the laboratory printed on the newest result, not the range of adults */
  readonly printed: boolean;
  /** how many were turned into `unit` from another one */
  readonly converted: number;
  /** how many have no date and are left out */
  readonly undated: number;
}

type Json = Readonly<Record<string, unknown>>;
const asObject = (value: unknown): Json => (typeof value === 'object' && value !== null ? (value as Json) : {});
const asArray = (value: unknown): readonly Json[] => (Array.isArray(value) ? value.map(asObject) : []);

/** Withdrawn: FHIR R4 observation-status. */
const withdrawn = new Set(['entered-in-error', 'cancelled']);

export function readReadings(measure: Measure, resources: readonly Resource[]): Readings {
  const valid = resources.filter((one) => one.resourceType === 'Observation' && !withdrawn.has(String(one.status)));
  const dated = valid.flatMap((observation) => {
    const date = readDate(observation);
    const at = date === undefined ? Number.NaN : Date.parse(date);
    if (date === undefined || Number.isNaN(at)) return [];
    return [
      {
        date,
        at,
        observation,
        amounts: measure.series.map(({ component }) => readAmount(quantityOf(observation, component))),
      },
    ];
  });
  const sorted = dated.toSorted((one, other) => one.at - other.at);
  const newest = sorted.findLast(({ amounts }) => amounts.some((amount) => amount !== undefined));
  const unit = newest?.amounts.find((amount) => amount !== undefined)?.unit;
  const turn = (amount: Amount | undefined) => (amount && unit ? convert(amount, unit) : undefined);
  const printed = measure.series.length === 1 ? printedRange(newest?.observation, unit) : undefined;
  return {
    unit,
    readings: sorted.map(({ date, at, amounts }) => ({ date, at, amounts: amounts.map(turn) })),
    usual: printed === undefined ? measure.series.map(({ usual }) => inUnit(usual, unit)) : [printed],
    printed: printed !== undefined,
    converted: sorted.filter(({ amounts }) => amounts.some((amount) => amount && amount.unit !== unit && turn(amount)))
      .length,
    undated: valid.length - dated.length,
  };
}

function readDate(observation: Resource): string | undefined {
  const { effectiveDateTime, effectiveInstant, effectivePeriod } = observation;
  return [effectiveDateTime, effectiveInstant, asObject(effectivePeriod).start].find(
    (date) => typeof date === 'string',
  );
}

function quantityOf(observation: Resource, component: string | undefined): unknown {
  if (component === undefined) return observation.valueQuantity;
  const holds = (part: Json) => asArray(asObject(part.code).coding).some(({ code }) => code === component);
  return asArray(observation.component).find(holds)?.valueQuantity;
}

function inUnit(range: Range | undefined, unit: string | undefined): Range | undefined {
  if (range === undefined || unit === undefined) return undefined;
  const low = convert({ value: range.low, unit: range.unit }, unit);
  const high = convert({ value: range.high, unit: range.unit }, unit);
  return low && high ? { low: low.value, high: high.value, unit } : undefined;
}

/** The range that came with the newest result, if it names both ends. */
function printedRange(observation: Resource | undefined, unit: string | undefined): Range | undefined {
  const [range] = asArray(observation?.referenceRange);
  const [low, high] = [readAmount(range?.low), readAmount(range?.high)];
  if (low === undefined || high === undefined || unit === undefined) return undefined;
  return inUnit({ low: low.value, high: convert(high, low.unit)?.value ?? Number.NaN, unit: low.unit }, unit);
}

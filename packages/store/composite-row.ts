/**
 * The values of a composite parameter as rows: one for each element that it speaks of, and for each combination of ranges
 * where a component has several. FHIR R4 search.html#combining; the columns are told in 0050-search-values.sql.
 */
import type { ComponentValue, CompositeEntry } from '@affinity/core/fhir/search-index.ts';
import { withoutNul } from './sql.ts';
import {
  baseUnitTerm,
  componentParam,
  parameterKey,
  type ReferenceTerms,
  referenceTerms,
  type Term,
  tokenTerms,
  urlTerm,
} from './terms.ts';
import { baseUnitOf } from './ucum.ts';

/** Arrays are by component; an array is null where no component is of its kind. */
export interface CompositeRow {
  readonly parameter: Term;
  readonly terms: readonly Term[];
  readonly value: readonly (number | null)[] | null;
  readonly low: readonly (number | null)[] | null;
  readonly high: readonly (number | null)[] | null;
  readonly baseValue: readonly (number | null)[] | null;
  readonly baseLow: readonly (number | null)[] | null;
  readonly baseHigh: readonly (number | null)[] | null;
  readonly folded: readonly (string | null)[] | null;
  readonly text: readonly (string | null)[] | null;
}

/** One way to read a component: its terms, and a range or a text at most. */
interface Reading {
  readonly terms: readonly Term[];
  readonly value?: number;
  readonly low?: number;
  readonly high?: number;
  readonly baseValue?: number;
  readonly baseLow?: number;
  readonly baseHigh?: number;
  readonly folded?: string;
  readonly text?: string;
}

const referenceReading = ({ posting, others }: ReferenceTerms): Reading => ({ terms: [posting, ...others] });

const readingOf = (type: string, param: string, value: ComponentValue): Reading => {
  switch (value.kind) {
    case 'token': {
      const { posting, others } = tokenTerms(type, param, value.system, value.code);
      return { terms: [posting, ...others] };
    }
    case 'reference':
      return referenceReading(referenceTerms(type, param, value.type, value.id));
    case 'uri':
      return { terms: [urlTerm(type, param, value.uri)] };
    case 'string':
      return { terms: [], folded: withoutNul(value.folded), text: withoutNul(value.text) };
    case 'date':
      return { terms: [], value: value.start, low: value.start, high: value.end };
    case 'number':
      return { terms: [], value: value.value, low: value.low, high: value.high };
    case 'quantity': {
      const { system, code, unit: printed } = value;
      const { unit, toBase } = baseUnitOf(system, code === '' ? printed : code);
      const coded = tokenTerms(type, param, system, code);
      return {
        terms: [
          coded.posting,
          ...coded.others,
          tokenTerms(type, param, system, printed).posting,
          baseUnitTerm(type, param, unit),
        ],
        value: value.value,
        low: value.low,
        high: value.high,
        baseValue: toBase(value.value),
        baseLow: toBase(value.low),
        baseHigh: toBase(value.high),
      };
    }
  }
};

/** What is only compared for equality is one reading together; each range and each text is one of its own. */
const readingsOf = (type: string, param: string, values: readonly ComponentValue[]): readonly Reading[] => {
  const readings = values.map((value) => readingOf(type, param, value));
  const isBare = ({ low, folded }: Reading): boolean => low === undefined && folded === undefined;
  const bare = readings.filter(isBare);
  const others = readings.filter((reading) => !isBare(reading));
  return bare.length === 0 ? others : [...others, { terms: bare.flatMap(({ terms }) => terms) }];
};

type ValueName = Exclude<keyof Reading, 'terms'>;

export const compositeRows = (type: string, { param, parts }: CompositeEntry): readonly CompositeRow[] => {
  const combinations = parts
    .map((values, index) => readingsOf(type, componentParam(param, index + 1), values))
    .reduce<readonly (readonly Reading[])[]>(
      (rows, readings) => rows.flatMap((row) => readings.map((reading) => [...row, reading])),
      [[]],
    );
  return combinations.map((readings) => {
    const column = <Name extends ValueName>(name: Name): readonly (NonNullable<Reading[Name]> | null)[] | null =>
      readings.some((reading) => reading[name] !== undefined) ? readings.map((reading) => reading[name] ?? null) : null;
    return {
      parameter: parameterKey(type, param),
      terms: [...new Set(readings.flatMap(({ terms }) => terms))],
      value: column('value'),
      low: column('low'),
      high: column('high'),
      baseValue: column('baseValue'),
      baseLow: column('baseLow'),
      baseHigh: column('baseHigh'),
      folded: column('folded'),
      text: column('text'),
    };
  });
};

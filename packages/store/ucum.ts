/**
 * Quantities in the base units of UCUM, so that 1 g/L and 100 mg/dL are one value. FHIR R4 search.html#quantity;
 * ucum.org, section 2. A unit that UCUM does not know, or cannot convert, compares with itself alone.
 */
import ucum from '@lhncbc/ucum-lhc';
import { type Term, unitKey } from './terms.ts';

export const ucumSystem = 'http://unitsofmeasure.org';

/** How values of one unit are told in what they compare in. */
export interface BaseUnit {
  /** two quantities compare when their unit is the same (terms.ts `unitKey`) */
  readonly unit: Term;
  readonly toBase: (value: number) => number;
}

/** Longer texts are no unit that anybody writes, and are not parsed. */
const longestUnit = 60;
const kept = 5_000;
const known = new Map<string, BaseUnit>();

/** Conversion leaves noise in the last digits: twelve are kept, so that what is equal in two units is equal here. */
const rounded = (value: number): number => Number(value.toPrecision(12));

const itself = (value: number): number => value;

const dimensionOf = (exponents: Readonly<Record<string, number>>): string =>
  Object.keys(exponents)
    .filter((base) => exponents[base] !== 0)
    .sort()
    .map((base) => `${base}${exponents[base]}`)
    .join('.');

const convert = (code: string): BaseUnit | undefined => {
  const library = ucum.UcumLhcUtils.getInstance();
  const { status, magnitude, unitToExp, fromUnitIsSpecial } = library.convertToBaseUnits(code, 1);
  if (status !== 'succeeded' || magnitude === undefined || unitToExp === undefined) return undefined;
  // Special units, such as degrees Celsius, are no multiples of their base.
  const toBase = fromUnitIsSpecial
    ? (value: number) => library.convertToBaseUnits(code, value).magnitude ?? value
    : (value: number) => value * magnitude;
  return { unit: unitKey(ucumSystem, dimensionOf(unitToExp)), toBase: (value) => rounded(toBase(value)) };
};

/** The few units that quantities are in are remembered: 5,000, then all are forgotten. */
export const baseUnitOf = (system: string, code: string): BaseUnit => {
  const key = `${system} ${code}`;
  const found = known.get(key);
  if (found !== undefined) return found;
  if (known.size >= kept) known.clear();
  const converted = system === ucumSystem && code !== '' && code.length <= longestUnit ? convert(code) : undefined;
  // The prefix keeps a code that is no unit apart from a dimension of the same text.
  const made = converted ?? { unit: unitKey(system, `as written ${code}`), toBase: itself };
  known.set(key, made);
  return made;
};

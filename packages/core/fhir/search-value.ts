/** One value of a search parameter, by the type of the parameter: with its escapes and its prefix. FHIR R4 search.html#ptypes. */
import { type DateRange, dateRange, earliest, latest } from './date-range.ts';
import { type DecimalRange, decimalRange } from './decimal-range.ts';
import { parseReference } from './reference.ts';
import { isResourceId } from './resource.ts';
import { splitEscaped, unescaped } from './search-escape.ts';
import type { Prefix, SearchValue } from './search-query.ts';

/** A value as it stands in the parameter, escapes included; undefined: it is not one of this kind. */
type Read = (text: string) => SearchValue | undefined;

export const readToken: Read = (text) => {
  const [first = '', second, ...rest] = splitEscaped(text, '|').map(unescaped);
  if (rest.length > 0) return undefined;
  if (second === undefined) return first === '' ? undefined : { kind: 'token', code: first };
  if (second !== '') return { kind: 'token', system: first, code: second };
  return first === '' ? undefined : { kind: 'token', system: first };
};

/** `system|code|value` of `:of-type`: all three are given. FHIR R4 search.html#token. */
export const readOfType: Read = (text) => {
  const [system = '', code = '', value = '', ...rest] = splitEscaped(text, '|').map(unescaped);
  return rest.length > 0 || system === '' || code === '' || value === ''
    ? undefined
    : { kind: 'of-type', system, code, value };
};

export const readString: Read = (text) => (text === '' ? undefined : { kind: 'string', text: unescaped(text) });
export const readUri: Read = (text) => (text === '' ? undefined : { kind: 'uri', uri: unescaped(text) });
export const readMissing: Read = (text) =>
  text === 'true' || text === 'false' ? { kind: 'missing', missing: text === 'true' } : undefined;

/** A bare id is of the only type that the parameter may point to, where there is only one. */
export const readReference =
  (targets: readonly string[], ownBases: readonly string[]): Read =>
  (text) => {
    const plain = unescaped(text);
    const [only, ...others] = targets;
    if (isResourceId(plain))
      return { kind: 'reference', id: plain, ...(only !== undefined && others.length === 0 ? { type: only } : {}) };
    const target = parseReference(plain, ownBases);
    if (target.kind === 'local') return { kind: 'reference', type: target.type, id: target.id };
    return target.kind === 'foreign' ? { kind: 'url', url: target.url } : undefined;
  };

/** `subject:Patient=1`, or `subject:Patient=Patient/1`, which says it twice. */
export const readTypedReference =
  (type: string, ownBases: readonly string[]): Read =>
  (text) => {
    const value = readReference([type], ownBases)(text);
    return value?.kind === 'reference' && value.type === type ? value : undefined;
  };

const splitPrefix = (text: string): { readonly prefix: Prefix; readonly rest: string } => {
  const [, prefix = 'eq', rest = ''] = /^(eq|ne|gt|lt|ge|le|sa|eb|ap)?(.*)$/s.exec(text) ?? [];
  return { prefix: prefix as Prefix, rest };
};

/** `ap` widens a date by a tenth of its distance from now, and a number by a tenth of itself. FHIR R4 search.html#prefix. */
const widenDate = ({ start, end }: DateRange, now: number): DateRange => {
  const by = Math.round(Math.abs(now - start) / 10);
  return { start: Math.max(earliest, start - by), end: Math.min(latest, end + by) };
};
const widenNumber = ({ value, low, high }: DecimalRange): DecimalRange => {
  const by = Math.abs(value) / 10;
  return { value, low: low - by, high: high + by };
};

/** `now` in epoch milliseconds */
export const readDate =
  (now: number): Read =>
  (text) => {
    const { prefix, rest } = splitPrefix(unescaped(text));
    // A `+` of a zone that was not percent-encoded arrives as a space.
    const range = dateRange(rest.replace(/ (\d{2}:\d{2})$/, '+$1'));
    if (range === undefined) return undefined;
    return { kind: 'date', prefix, ...(prefix === 'ap' ? widenDate(range, now) : range) };
  };

const readDecimal = (text: string): (DecimalRange & { readonly prefix: Prefix }) | undefined => {
  const { prefix, rest } = splitPrefix(text);
  const range = decimalRange(rest);
  if (range === undefined) return undefined;
  return { prefix, ...(prefix === 'ap' ? widenNumber(range) : range) };
};
export const readNumber: Read = (text) => {
  const decimal = readDecimal(text);
  return decimal === undefined ? undefined : { kind: 'number', ...decimal };
};

/** `5.4`, `5.4|system|code`, `5.4||code`. FHIR R4 search.html#quantity. */
export const readQuantity: Read = (text) => {
  const [number = '', system, code, ...rest] = splitEscaped(text, '|').map(unescaped);
  const decimal = readDecimal(number);
  if (decimal === undefined || rest.length > 0 || (system !== undefined && code === undefined)) return undefined;
  return { kind: 'quantity', ...decimal, ...(system ? { system } : {}), ...(code ? { code } : {}) };
};

/** `a$b`: a value for each component, in the order of the definition. FHIR R4 search.html#composite. */
export const readComposite =
  (components: readonly Read[]): Read =>
  (text) => {
    const given = splitEscaped(text, '$');
    const parts = components.flatMap((read, i) => read(given[i] ?? '') ?? []);
    return given.length === components.length && parts.length === given.length
      ? { kind: 'composite', parts }
      : undefined;
  };

/** Metres in the units that `near` takes, by their UCUM codes. */
const metres: Readonly<Record<string, number>> = { m: 1, km: 1000, '[mi_us]': 1609.347219, '[mi_i]': 1609.344 };
/** Kilometres around the place where none are given; and half of the way around the earth, beyond which nothing lies. */
const usualDistance = '50';
const farthest = 20_038_000;

/** `latitude|longitude|distance|units`: kilometres unless told. FHIR R4 location.html#search, near. */
export const readNear: Read = (text) => {
  const [latitudeText = '', longitudeText = '', distanceText = '', unit = '', ...rest] = splitEscaped(text, '|').map(
    unescaped,
  );
  const scale = Object.hasOwn(metres, unit || 'km') ? metres[unit || 'km'] : undefined;
  const latitude = decimalRange(latitudeText)?.value;
  const longitude = decimalRange(longitudeText)?.value;
  const length = decimalRange(distanceText || usualDistance)?.value;
  if (rest.length > 0 || scale === undefined) return undefined;
  if (latitude === undefined || longitude === undefined || length === undefined) return undefined;
  if (Math.abs(latitude) > 90 || Math.abs(longitude) > 180 || length < 0) return undefined;
  return { kind: 'near', latitude, longitude, distance: Math.min(length * scale, farthest) };
};

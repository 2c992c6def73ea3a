/**
 * How one value of a search compares with one entry of the index. FHIR R4 search.html#prefix, #ptypes.
 *
 * A date in a resource and a date in a query are ranges. With r the resource's and q the query's: eq: q holds all of r;
 * ne: it does not; gt: r reaches beyond the end of q; lt: r begins before q; ge, le: gt or eq, lt or eq; sa: r begins
 * after q has ended; eb: r has ended before q begins; ap: they overlap, q being widened already.
 *
 * Of numbers, r is a range with both ends within it, most often a point. eq: q holds all of r; ne: it does not. The
 * precision of q counts for nothing with the others: gt, ge, lt, le: some of r lies beyond the value of q; sa, eb: all of
 * it does; ap: the ranges overlap, q being widened already. Quantities compare as numbers if their units are the same.
 */
import type { DateRange } from './date-range.ts';
import type { DecimalRange } from './decimal-range.ts';
import { fold } from './extract.ts';
import type { ComponentValue, PositionEntry, QuantityEntry } from './search-index.ts';
import type { Prefix, SearchValue } from './search-query.ts';

export type Of<Kind extends SearchValue['kind']> = Extract<SearchValue, { kind: Kind }>;

export const dateMatches = (r: DateRange, q: Of<'date'>): boolean => {
  const eq = q.start <= r.start && r.end <= q.end;
  switch (q.prefix) {
    case 'eq':
      return eq;
    case 'ne':
      return !eq;
    case 'gt':
      return r.end > q.end;
    case 'lt':
      return r.start < q.start;
    case 'ge':
      return eq || r.end > q.end;
    case 'le':
      return eq || r.start < q.start;
    case 'sa':
      return r.start >= q.end;
    case 'eb':
      return r.end <= q.start;
    case 'ap':
      return r.start < q.end && r.end > q.start;
  }
};

export const numberMatches = (r: DecimalRange, q: DecimalRange & { readonly prefix: Prefix }): boolean => {
  const eq = q.low <= r.low && r.high < q.high;
  switch (q.prefix) {
    case 'eq':
      return eq;
    case 'ne':
      return !eq;
    case 'gt':
      return r.high > q.value;
    case 'lt':
      return r.low < q.value;
    case 'ge':
      return r.high >= q.value;
    case 'le':
      return r.low <= q.value;
    case 'sa':
      return r.low > q.value;
    case 'eb':
      return r.high < q.value;
    case 'ap':
      return r.low < q.high && r.high >= q.low;
  }
};

/** A range of amounts in a unit. */
export interface Measured extends DecimalRange {
  readonly system: string;
  readonly code: string;
}
/** The same amount in the one unit that all of its kind are converted to; undefined: the unit is not known. */
export type Canonical = (quantity: Measured) => Measured | undefined;

export const quantityMatches = (
  r: Omit<QuantityEntry, 'param'>,
  q: Of<'quantity'>,
  canonical: Canonical = () => undefined,
): boolean => {
  const { system, code } = q;
  if (system === undefined) return (code === undefined || r.code === code || r.unit === code) && numberMatches(r, q);
  const asked = code === undefined ? undefined : canonical({ ...q, system, code });
  const held = asked === undefined ? undefined : canonical(r);
  if (asked !== undefined && held !== undefined)
    return (
      asked.system === held.system && asked.code === held.code && numberMatches(held, { ...asked, prefix: q.prefix })
    );
  return r.system === system && (code === undefined || r.code === code) && numberMatches(r, q);
};

export const tokenMatches = (
  entry: { readonly system: string; readonly code: string },
  { system, code }: Of<'token'>,
): boolean => (system === undefined || system === entry.system) && (code === undefined || code === entry.code);

/** As it begins, unless the modifier says otherwise. */
export const textMatches = (
  entry: { readonly text: string; readonly folded: string },
  text: string,
  modifier?: string,
): boolean => {
  if (modifier === 'exact') return entry.text === text;
  return modifier === 'contains' ? entry.folded.includes(fold(text)) : entry.folded.startsWith(fold(text));
};

const isUnder = (uri: string, above: string): boolean => uri.startsWith(above.endsWith('/') ? above : `${above}/`);

/** `below`: the URI and what its path leads on to; `above`: the URI and what leads to it. FHIR R4 search.html#uri. */
export const uriMatches = (entry: string, uri: string, modifier?: string): boolean =>
  entry === uri || (modifier === 'below' && isUnder(entry, uri)) || (modifier === 'above' && isUnder(uri, entry));

const radians = (degrees: number): number => (degrees * Math.PI) / 180;
/** metres, of a sphere as large as the earth */
export const earthRadius = 6_371_008.8;

/** Along the great circle. FHIR R4 location.html, near. */
export const isNear = (place: Pick<PositionEntry, 'latitude' | 'longitude'>, q: Of<'near'>): boolean => {
  const [from, to] = [radians(place.latitude), radians(q.latitude)];
  const across = Math.sin((to - from) / 2) ** 2;
  const along = Math.sin(radians(q.longitude - place.longitude) / 2) ** 2;
  const chord = Math.sqrt(Math.min(1, across + Math.cos(from) * Math.cos(to) * along));
  return 2 * earthRadius * Math.asin(chord) <= q.distance;
};

/** One component of a composite. */
export const componentMatches = (entry: ComponentValue, value: SearchValue, canonical?: Canonical): boolean => {
  switch (entry.kind) {
    case 'token':
      return value.kind === 'token' && tokenMatches(entry, value);
    case 'reference':
      return value.kind === 'reference' && entry.id === value.id && (value.type ?? entry.type) === entry.type;
    case 'string':
      return value.kind === 'string' && textMatches(entry, value.text);
    case 'date':
      return value.kind === 'date' && dateMatches(entry, value);
    case 'number':
      return value.kind === 'number' && numberMatches(entry, value);
    case 'quantity':
      return value.kind === 'quantity' && quantityMatches(entry, value, canonical);
    case 'uri':
      return value.kind === 'uri' && uriMatches(entry.uri, value.uri);
  }
};

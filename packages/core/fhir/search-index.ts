/** What a resource is found by: the values of its search parameters, extracted once. FHIR R4 search.html. */

export interface TokenEntry {
  readonly param: string;
  /**
   * '' where the resource gives none; of a `code` whose required binding takes its codes from one system, that system:
   * a backend compares them as they stand here
   */
  readonly system: string;
  readonly code: string;
}
export interface ReferenceEntry {
  readonly param: string;
  /** resolved to a resource of this server: `type` and `id`, version left out */
  readonly type: string;
  readonly id: string;
}
export interface ForeignReferenceEntry {
  readonly param: string;
  /** an absolute URL on another server, a urn, or a canonical */
  readonly url: string;
}
export interface StringEntry {
  readonly param: string;
  /** as in the resource (for `:exact`) */
  readonly text: string;
  /** lower case, accents folded, white space collapsed: what the default and `:contains` compare */
  readonly folded: string;
}
export interface DateEntry {
  readonly param: string;
  /** epoch milliseconds, start inclusive, end exclusive; ±Infinity never: open ends are the year bounds 0001 and 9999 */
  readonly start: number;
  readonly end: number;
}

/**
 * Numbers and quantities are ranges whose ends are both within them. A number in a resource is a point, `low` and `high`
 * being `value`: its implicit range is a matter of the query (`5.4` finds 5.35 up to 5.45), and what has been parsed no
 * longer tells 5.40 from 5.4. A comparator, a Range and a SampledData make true ranges; an end that is open is the lowest
 * or the highest number there is, never an infinity, and `<5` ends a little below 5 (measured-value.ts). `value` is for
 * sorting: of a range its lower end, or its only one. So `eq`: the query's [low, high) holds all of it; `gt`, `ge`,
 * `lt`, `le`: some of it lies beyond the query's `value`, whose precision then does not count; `sa`, `eb`: all of it does.
 */
export interface NumberEntry {
  readonly param: string;
  readonly value: number;
  readonly low: number;
  readonly high: number;
}
export interface QuantityEntry extends NumberEntry {
  /** '' where the resource gives none; of a Money `urn:iso:std:iso:4217`. Not converted: a backend compares units as it can */
  readonly system: string;
  readonly code: string;
  /** as printed */
  readonly unit: string;
}
export interface UriEntry {
  readonly param: string;
  /** a canonical stands here twice, with its version and without */
  readonly uri: string;
}
/** What `:text` of a token parameter compares: displays and texts. */
export interface TextEntry {
  readonly param: string;
  readonly folded: string;
}
/** `Identifier.type` with the value, for `:of-type`. */
export interface TypedIdentifierEntry {
  readonly param: string;
  readonly system: string;
  readonly code: string;
  readonly value: string;
}
/** WGS84 degrees */
export interface PositionEntry {
  readonly param: string;
  readonly latitude: number;
  readonly longitude: number;
}
export type ComponentValue =
  | ({ readonly kind: 'token' } & Omit<TokenEntry, 'param'>)
  | ({ readonly kind: 'reference' } & Omit<ReferenceEntry, 'param'>)
  | ({ readonly kind: 'string' } & Omit<StringEntry, 'param'>)
  | ({ readonly kind: 'date' } & Omit<DateEntry, 'param'>)
  | ({ readonly kind: 'number' } & Omit<NumberEntry, 'param'>)
  | ({ readonly kind: 'quantity' } & Omit<QuantityEntry, 'param'>)
  | ({ readonly kind: 'uri' } & Omit<UriEntry, 'param'>);
/** One element that a composite parameter speaks of: for each component, in order, the values found in it, never none. */
export interface CompositeEntry {
  readonly param: string;
  readonly parts: readonly (readonly ComponentValue[])[];
}

export interface SearchIndex {
  readonly tokens: readonly TokenEntry[];
  readonly references: readonly ReferenceEntry[];
  readonly foreignReferences: readonly ForeignReferenceEntry[];
  /** `Reference.identifier`, found by `param:identifier=system|value` */
  readonly identifierReferences: readonly TokenEntry[];
  readonly strings: readonly StringEntry[];
  readonly dates: readonly DateEntry[];
  readonly numbers: readonly NumberEntry[];
  readonly quantities: readonly QuantityEntry[];
  readonly uris: readonly UriEntry[];
  readonly texts: readonly TextEntry[];
  readonly typedIdentifiers: readonly TypedIdentifierEntry[];
  readonly positions: readonly PositionEntry[];
  readonly composites: readonly CompositeEntry[];
}

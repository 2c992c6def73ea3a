/** A search as parsed from its parameters, independent of any backend. FHIR R4 search.html. */

/** Comparison prefixes of FHIR R4 search.html#prefix. */
export type Prefix = 'eq' | 'ne' | 'gt' | 'lt' | 'ge' | 'le' | 'sa' | 'eb' | 'ap';

export type SearchValue =
  /** `system` undefined: any; '' : `|code`, explicitly none. `code` undefined: `system|`. */
  | { readonly kind: 'token'; readonly system?: string; readonly code?: string }
  /** a resource of this server; `type` undefined: a bare id, of any type */
  | { readonly kind: 'reference'; readonly type?: string; readonly id: string }
  /** a reference that is not of this server: an absolute URL, a urn or a canonical, compared with `foreignReferences` */
  | { readonly kind: 'url'; readonly url: string }
  | { readonly kind: 'string'; readonly text: string }
  /**
   * `start` inclusive and `end` exclusive, epoch milliseconds: the implicit range of the precision given (for `ap`
   * already widened). How each prefix compares two ranges stands in matches.ts.
   */
  | { readonly kind: 'date'; readonly prefix: Prefix; readonly start: number; readonly end: number }
  /** `[low, high)` is the implicit range of the precision given: 100 is 99.5…100.5 (for `ap` already widened by a tenth) */
  | {
      readonly kind: 'number';
      readonly prefix: Prefix;
      readonly value: number;
      readonly low: number;
      readonly high: number;
    }
  /** as a number, with a unit: `system` undefined: any; `code` undefined: any unit, else the code or the printed unit */
  | {
      readonly kind: 'quantity';
      readonly prefix: Prefix;
      readonly value: number;
      readonly low: number;
      readonly high: number;
      readonly system?: string;
      readonly code?: string;
    }
  | { readonly kind: 'uri'; readonly uri: string }
  /** one value for each component of a composite parameter, in its order */
  | { readonly kind: 'composite'; readonly parts: readonly SearchValue[] }
  /** `identifier:of-type=system|code|value` */
  | { readonly kind: 'of-type'; readonly system: string; readonly code: string; readonly value: string }
  /** `near`: WGS84 degrees, metres */
  | { readonly kind: 'near'; readonly latitude: number; readonly longitude: number; readonly distance: number }
  | { readonly kind: 'missing'; readonly missing: boolean };

/** One parameter: its values are alternatives (comma = OR); clauses are conjoined (repetition = AND). */
export interface SearchClause {
  readonly param: string;
  /**
   * modifiers that are understood: `missing` (any), `exact`, `contains` (string), `not`, `text`, `of-type` (token),
   * `identifier`, a type name (reference), `above`, `below` (uri)
   */
  readonly modifier?: string;
  readonly values: readonly SearchValue[];
}

/** What is demanded of one resource of a type: every clause and every join. */
export interface Criteria {
  readonly type: string;
  readonly clauses: readonly SearchClause[];
  readonly joins?: readonly Join[];
}

/** What is demanded of another resource that is tied to this one by a reference. FHIR R4 search.html#chaining, #has. */
export type Join =
  /** `param` of this resource points to a resource that meets one of these, which differ in type */
  | { readonly kind: 'chain'; readonly param: string; readonly targets: readonly Criteria[] }
  /** a resource that meets `source` points here by its reference parameter `param` */
  | { readonly kind: 'has'; readonly param: string; readonly source: Criteria };

/** `_include` and `_revinclude`. FHIR R4 search.html#include. */
export interface Include {
  readonly reverse: boolean;
  /** the type that holds the reference */
  readonly type: string;
  /** its reference parameter, or `*` for all of them */
  readonly param: string;
  /** of a forward include: only targets of this type */
  readonly target?: string;
  /** also of what has been included */
  readonly iterate: boolean;
}

export interface SortKey {
  readonly param: string;
  readonly descending: boolean;
}

export interface SearchQuery extends Criteria {
  readonly includes?: readonly Include[];
  /** page size, 0…1000; 0 is a count only */
  readonly count: number;
  readonly sort: readonly SortKey[];
  /** where the page begins, as given out by the backend in `SearchResult.next`; opaque to everybody else */
  readonly cursor?: string;
  readonly total: 'none' | 'estimate' | 'accurate';
  /** what was understood, as `name=value` pairs in the order given, for the self link */
  readonly understood: readonly (readonly [string, string])[];
}

/** Which part of each match is wanted. FHIR R4 search.html#summary, #elements. */
export type Subset =
  | { readonly kind: 'summary'; readonly which: 'true' | 'text' | 'data' }
  /** elements at the top of a resource; what is mandatory is shown beside them */
  | { readonly kind: 'elements'; readonly names: readonly string[] };

/** A search of several types by parameters that every type has. FHIR R4 http.html#search, `_type`. */
export interface SystemQuery extends Omit<SearchQuery, 'type' | 'joins' | 'includes'> {
  readonly types: readonly string[];
}

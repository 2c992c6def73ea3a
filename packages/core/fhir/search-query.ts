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
  | { readonly kind: 'missing'; readonly missing: boolean };

/** One parameter: its values are alternatives (comma = OR); clauses are conjoined (repetition = AND). */
export interface SearchClause {
  readonly param: string;
  /** modifiers that are understood: `exact`, `contains` (string), `not` (token), `missing`, `identifier` (reference), a type name (reference) */
  readonly modifier?: string;
  readonly values: readonly SearchValue[];
}

export interface SortKey {
  readonly param: string;
  readonly descending: boolean;
}

export interface SearchQuery {
  readonly type: string;
  readonly clauses: readonly SearchClause[];
  /** page size, 0…1000; 0 is a count only */
  readonly count: number;
  readonly sort: readonly SortKey[];
  /** where the page begins, as given out by the backend in `SearchResult.next`; opaque to everybody else */
  readonly cursor?: string;
  readonly total: 'none' | 'estimate' | 'accurate';
  /** what was understood, as `name=value` pairs in the order given, for the self link */
  readonly understood: readonly (readonly [string, string])[];
}

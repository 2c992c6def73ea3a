/** What a resource is found by: the values of its search parameters, extracted once. FHIR R4 search.html. */

export interface TokenEntry {
  readonly param: string;
  /** '' where the resource gives none */
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

export interface SearchIndex {
  readonly tokens: readonly TokenEntry[];
  readonly references: readonly ReferenceEntry[];
  readonly foreignReferences: readonly ForeignReferenceEntry[];
  /** `Reference.identifier`, found by `param:identifier=system|value` */
  readonly identifierReferences: readonly TokenEntry[];
  readonly strings: readonly StringEntry[];
  readonly dates: readonly DateEntry[];
}

/** How much a search may ask, and of what; every limit is a setting. FHIR R4 search.html. */
import type { TypeCapability } from './backend.ts';
import type { SearchParameters } from './search-parameter.ts';

export type SearchCapability = Pick<TypeCapability, 'searchParams' | 'sort' | 'includes' | 'revIncludes'>;

/** Past any of these a search is too costly. */
export interface SearchLimits {
  /** references that one chain goes through: `subject:Patient.organization.name` goes through two */
  readonly maxChainDepth: number;
  /** `_has` within `_has` */
  readonly maxHasDepth: number;
  /** parameters that ask of another resource, by a chain or by `_has` */
  readonly maxJoins: number;
  /** types that the chains of one search lead to, where a reference may point to several */
  readonly maxChainTargets: number;
  /** `_include` and `_revinclude` */
  readonly maxIncludes: number;
  /** whether `_include=*` and `Type:*` may be asked for */
  readonly includeAll: boolean;
  /** parameters that `_sort` names */
  readonly maxSortKeys: number;
  /** characters that `:contains` must have */
  readonly minContains: number;
}

export const defaultSearchLimits: SearchLimits = {
  maxChainDepth: 3,
  maxHasDepth: 2,
  maxJoins: 4,
  maxChainTargets: 16,
  maxIncludes: 10,
  includeAll: false,
  maxSortKeys: 3,
  minContains: 2,
};

/** What a search of one type and a search of the system are both read with. A limit that is left out is `defaultSearchLimits`'. */
export interface SearchReading extends Partial<SearchLimits> {
  /** `Prefer: handling=…`: what becomes of parameters that are not known. FHIR R4 search.html#errors. */
  readonly handling: 'lenient' | 'strict';
  /** page size where none is asked for */
  readonly defaultCount: number;
  /** the largest page that may be asked for */
  readonly maxCount: number;
  /** alternatives in one parameter */
  readonly maxValues: number;
  /** parameters that narrow the search */
  readonly maxClauses: number;
  readonly ownBases: readonly string[];
  /**
   * What the backend can do for another type that it offers; undefined: it does not offer it. Chains and `_has` lead
   * only to such types. Absent: it offers no other.
   */
  readonly capabilityOf?: (type: string) => SearchCapability | undefined;
  /** the parameters that are known; HL7's unless told */
  readonly parameters?: SearchParameters;
  /** epoch milliseconds, for the prefix `ap`, which widens a date by a tenth of its distance from now */
  readonly now: number;
}

export interface SearchSettings extends SearchReading {
  /** what the backend can search, sort and include for the type asked for */
  readonly capability: SearchCapability;
}

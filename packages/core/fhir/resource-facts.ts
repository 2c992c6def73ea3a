/** The facts of one resource that decisions and searches are made from, computed once from its content. */
import type { Confidentiality } from './filter.ts';
import type { Coding } from './resource.ts';
import type { SearchIndex } from './search-index.ts';

export interface ResourceFacts {
  readonly type: string;
  readonly id: string;
  /** ids of the patients whose record it is (compartment.ts `recordOwners`), without duplicates */
  readonly owners: readonly string[];
  /** ids of the patients in whose compartment it is by any parameter of HL7's definition (a superset of owners) */
  readonly compartments: readonly string[];
  readonly labels: readonly Coding[];
  /** the highest v3-Confidentiality label; N when there is none; V when there is one of that system that is not known */
  readonly confidentiality: Confidentiality;
  readonly index: SearchIndex;
}

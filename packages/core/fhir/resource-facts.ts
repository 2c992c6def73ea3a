/** The facts of one resource that decisions and searches are made from, computed once from its content. */
import { compartmentsOf, recordOwners } from './compartment.ts';
import { extract } from './extract.ts';
import type { Confidentiality } from './filter.ts';
import type { Coding, Resource } from './resource.ts';
import type { SearchIndex } from './search-index.ts';
import { type SearchParameters, standardParameters } from './search-parameter.ts';
import { confidentialityWithin, labelsWithin } from './security-label.ts';

export interface ResourceFacts {
  readonly type: string;
  readonly id: string;
  /** ids of the patients whose record it is (compartment.ts `recordOwners`), without duplicates */
  readonly owners: readonly string[];
  /** ids of the patients in whose compartment it is by any parameter of HL7's definition (a superset of owners) */
  readonly compartments: readonly string[];
  /** of the resource and of all within it */
  readonly labels: readonly Coding[];
  /** how confidential it is by them (security-label.ts `confidentialityWithin`) */
  readonly confidentiality: Confidentiality;
  readonly index: SearchIndex;
}

/** What facts are computed with, beside the resource. */
export interface FactsAround {
  /** the parameters to index by; HL7's unless told */
  readonly parameters?: SearchParameters;
  /**
   * Whose record another resource is: for resources that are in a record through what they refer to, such as a
   * Provenance through its target. Absent, or undefined for one: nobody's.
   */
  readonly ownersOf?: (target: { readonly type: string; readonly id: string }) => readonly string[] | undefined;
}

/**
 * The facts of a resource as it will be stored: its `id` must be set, since a Patient is its own record by it.
 * `ownBases` are the absolute URLs at which this server's resources are known.
 */
export const factsOf = (
  resource: Resource,
  ownBases: readonly string[],
  { parameters = standardParameters, ownersOf }: FactsAround = {},
): ResourceFacts => {
  const index = extract(resource, ownBases, parameters);
  const owners = recordOwners(resource, ownBases, ownersOf);
  return {
    type: resource.resourceType,
    id: resource.id ?? '',
    owners,
    compartments: compartmentsOf(resource, index.references, owners),
    labels: labelsWithin(resource),
    confidentiality: confidentialityWithin(resource),
    index,
  };
};

/** The facts of a resource, each found when it is first looked at: most questions look at few of them. FHIR R4 compartmentdefinition-patient.html. */
import { compartmentsOf, recordOwners } from '@affinity/core/fhir/compartment.ts';
import { extract } from '@affinity/core/fhir/extract.ts';
import type { Confidentiality } from '@affinity/core/fhir/filter.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import type { ResourceFacts } from '@affinity/core/fhir/resource-facts.ts';
import type { SearchIndex } from '@affinity/core/fhir/search-index.ts';
import type { SearchParameters } from '@affinity/core/fhir/search-parameter.ts';
import type { KnownOthers } from './known-others.ts';
import { type Looks, references } from './looks.ts';

/** The parameters of one type that are looked at. */
export const parametersOf = (all: SearchParameters, type: string, looks: Looks): SearchParameters => {
  const some = all
    .of(type)
    .filter((parameter) => looks.has(parameter.code) || (parameter.type === 'reference' && looks.has(references)));
  return { find: all.find, of: (asked) => (asked === type ? some : []) };
};

export const lazyFacts = (
  resource: Resource,
  ownBases: readonly string[],
  parameters: SearchParameters,
  others: KnownOthers,
): ResourceFacts => {
  let owners: readonly string[] | undefined;
  let index: SearchIndex | undefined;
  let confidentiality: Confidentiality | undefined;
  const facts: ResourceFacts = {
    type: resource.resourceType,
    id: resource.id ?? '',
    get owners() {
      owners ??= recordOwners(resource, ownBases, others.ownersOf);
      return owners;
    },
    get compartments() {
      return compartmentsOf(resource, facts.index.references, facts.owners);
    },
    get labels() {
      return others.labelsOf(resource);
    },
    get confidentiality() {
      confidentiality ??= others.confidentialityOf(resource);
      return confidentiality;
    },
    get index() {
      index ??= extract(resource, ownBases, parameters);
      return index;
    },
  };
  return facts;
};

/**
 * Terminology as one caller may see it: over the artefacts that their rights let through and no others. What is made of
 * artefacts is kept for each Filter apart, so that a code of a hidden code system is in no one's expansion.
 */
import type { FilterOf } from '@affinity/core/fhir/backend.ts';
import type { Filter } from '@affinity/core/fhir/filter.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { factsOf, type ResourceFacts } from '@affinity/core/fhir/resource-facts.ts';
import { evaluate } from '@affinity/policy/filter.ts';
import type { Artefact, Artefacts } from './artefacts.ts';
import type { RelatedArtefacts } from './related-artefacts.ts';
import type { SnapshotLimits } from './snapshot/snapshot.ts';
import { createStructures, type Structures } from './structures.ts';
import type { TerminologyArtefacts } from './terminology/artefacts.ts';
import type { TerminologyLimits } from './terminology/limits.ts';
import { createTerminology, type Terminology } from './terminology/terminology.ts';

export interface Definitions {
  readonly terminology: Terminology;
  readonly structures: Structures;
  /** those that are stored and active */
  codeSystems(): Promise<readonly Resource[]>;
}

export type DefinitionsOfCaller = (readable: FilterOf) => Definitions;

export interface CallerNeighbours {
  readonly artefacts: Pick<Artefacts, 'find' | 'at' | 'edition'>;
  readonly related: RelatedArtefacts;
  readonly limits: TerminologyLimits;
  readonly snapshotLimits: SnapshotLimits;
  /** how long what was found is trusted */
  readonly seconds: number;
  /** epoch milliseconds */
  readonly now: () => number;
}

const judgedTypes = ['CodeSystem', 'ConceptMap', 'StructureDefinition', 'ValueSet'];
/** Callers differ in few ways: how confidential a record they may see. */
const mostFilters = 4;

export const createDefinitionsOfCaller = (neighbours: CallerNeighbours): DefinitionsOfCaller => {
  const { artefacts, related, limits, snapshotLimits, seconds, now } = neighbours;
  const facts = new WeakMap<Resource, ResourceFacts>();
  const factsOfArtefact = (resource: Resource): ResourceFacts => {
    const known = facts.get(resource) ?? factsOf(resource, []);
    facts.set(resource, known);
    return known;
  };
  /** What this server carries of HL7's is for everybody. */
  const passes = ({ resource, stored }: Artefact, filter: Filter): boolean =>
    stored === undefined || filter.kind === 'everything' || evaluate(filter, factsOfArtefact(resource));

  const within = (filterOf: FilterOf) => {
    const all = (type: string, found: readonly Artefact[]): readonly Resource[] =>
      found.filter((each) => passes(each, filterOf(type))).map(({ resource }) => resource);
    const seen: TerminologyArtefacts = {
      async find(type, named) {
        const found = typeof named === 'string' ? artefacts.find(named, type) : artefacts.at(type, named.id);
        const artefact = await found;
        return artefact !== undefined && passes(artefact, filterOf(type)) ? artefact.resource : undefined;
      },
      supplementsOf: async (url) => all('CodeSystem', await related.supplementsOf(url)),
      mapsFrom: async (system) => all('ConceptMap', await related.mapsFrom(system)),
      mapsTo: async (system) => all('ConceptMap', await related.mapsTo(system)),
      edition: artefacts.edition,
    };
    return { seen, codeSystems: async () => all('CodeSystem', await related.codeSystems()) };
  };

  const made = new Map<string, Definitions>();
  return (readable) => {
    const filters = new Map(judgedTypes.map((type) => [type, readable(type)]));
    const key = JSON.stringify([...filters]);
    const known = made.get(key);
    if (known !== undefined) {
      if (made.delete(key)) made.set(key, known);
      return known;
    }
    const { seen, codeSystems } = within((type) => filters.get(type) ?? { kind: 'nothing' });
    const definitions = {
      terminology: createTerminology({ artefacts: seen, limits, seconds, now }),
      structures: createStructures({ artefacts: seen, limits: snapshotLimits, seconds, now }),
      codeSystems,
    };
    made.set(key, definitions);
    const [oldest] = made.keys();
    if (made.size > mostFilters && oldest !== undefined) made.delete(oldest);
    return definitions;
  };
};

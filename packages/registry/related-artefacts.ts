/** Artefacts that speak of a code system, found by what they say: its supplements, and maps that lead from it or to it. FHIR R4 codesystem.html#search, conceptmap.html#search. */
import { parseCanonical } from '@affinity/core/fhir/canonical.ts';
import { everything } from '@affinity/core/fhir/filter.ts';
import type { SearchClause } from '@affinity/core/fhir/search-query.ts';
import { createRemembered } from '@affinity/resource-server/facts/remembered.ts';
import type { StoreBackend } from '@affinity/store/backend.ts';
import type { Artefact, Artefacts } from './artefacts.ts';

export interface RelatedArtefacts {
  supplementsOf(url: string): Promise<readonly Artefact[]>;
  mapsFrom(system: string): Promise<readonly Artefact[]>;
  mapsTo(system: string): Promise<readonly Artefact[]>;
  /** those that are stored and active */
  codeSystems(): Promise<readonly Artefact[]>;
}

export interface RelatedNeighbours {
  readonly backend: Pick<StoreBackend, 'searchType'>;
  readonly artefacts: Pick<Artefacts, 'at' | 'edition'>;
  /** how long what was found is remembered */
  readonly seconds: number;
  /** epoch milliseconds */
  readonly now: () => number;
}

/** More of a kind are not asked: the first by their order in the store stand. */
const most = 1000;

export const createRelatedArtefacts = ({ backend, artefacts, seconds, now }: RelatedNeighbours): RelatedArtefacts => {
  const remembered = createRemembered<readonly Artefact[]>({ seconds, most: 1000, now });
  const find = async (type: string, clauses: readonly SearchClause[]): Promise<readonly Artefact[]> => {
    const query = { type, clauses, count: most, sort: [], total: 'none', understood: [] } as const;
    const { matches } = await backend.searchType(query, everything);
    const found: Artefact[] = [];
    for (const { id } of matches) {
      const artefact = await artefacts.at(type, id);
      if (artefact !== undefined) found.push(artefact);
    }
    return found;
  };
  const ask = (key: string, type: string, clauses: readonly SearchClause[]) =>
    remembered(`${artefacts.edition()} ${key}`, () => find(type, clauses));
  const active: SearchClause = { param: 'status', values: [{ kind: 'token', code: 'active' }] };
  const ofSystem = (param: string, uri: string): readonly SearchClause[] => [
    { param, values: [{ kind: 'uri', uri }] },
    active,
  ];
  return {
    supplementsOf: async (url) => {
      const supplement: SearchClause = { param: 'content-mode', values: [{ kind: 'token', code: 'supplement' }] };
      const all = await ask('supplements', 'CodeSystem', [supplement, active]);
      return all.filter(({ resource: { supplements } }) => parseCanonical(String(supplements)).url === url);
    },
    mapsFrom: (system) => ask(`from ${system}`, 'ConceptMap', ofSystem('source-system', system)),
    mapsTo: (system) => ask(`to ${system}`, 'ConceptMap', ofSystem('target-system', system)),
    codeSystems: () => ask('all', 'CodeSystem', [active]),
  };
};

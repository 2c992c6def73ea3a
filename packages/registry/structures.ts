/** StructureDefinitions with their snapshots: those that came without one are given it, once, as long as nothing they rest on has changed. */
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { hasSnapshot, makeSnapshot, type SnapshotLimits } from './snapshot/snapshot.ts';
import type { TerminologyArtefacts } from './terminology/artefacts.ts';
import { createKeptForms } from './terminology/kept-forms.ts';

export interface Structures {
  /** anew, whatever snapshot it has. @throws FhirError */
  makeSnapshot(definition: Resource): Promise<Resource>;
  /** as it is where it has one. @throws FhirError */
  withSnapshot(definition: Resource): Promise<Resource>;
}

export interface StructuresNeighbours {
  readonly artefacts: Pick<TerminologyArtefacts, 'find' | 'edition'>;
  readonly limits: SnapshotLimits;
  readonly seconds: number;
  readonly now: () => number;
}

interface Kept {
  readonly of: Resource;
  readonly whole: Resource;
  readonly weight: number;
}

/** Snapshots that are kept, by the number of their elements. */
const mostElements = 50_000;

export const createStructures = ({ artefacts, limits, seconds, now }: StructuresNeighbours): Structures => {
  const kept = createKeptForms<Kept>({ most: mostElements, seconds, now, edition: artefacts.edition });
  const find = (canonical: string) => artefacts.find('StructureDefinition', canonical);
  const sizeOf = ({ snapshot }: Resource): number =>
    typeof snapshot === 'object' && snapshot !== null && 'element' in snapshot && Array.isArray(snapshot.element)
      ? snapshot.element.length
      : 1;
  return {
    makeSnapshot: (definition) => makeSnapshot(definition, find, limits),
    async withSnapshot(definition) {
      if (hasSnapshot(definition)) return definition;
      const { id = '', url, version } = definition;
      const key = `${id} ${url}|${version}`;
      const made = await kept.get(key, async (note) => {
        const whole = await makeSnapshot(definition, (canonical) => note(() => find(canonical)), limits);
        return { of: definition, whole, weight: sizeOf(whole) };
      });
      // Another of the same name that was sent, or of another edition, is made for itself.
      return made?.of === definition ? made.whole : makeSnapshot(definition, find, limits);
    },
  };
};

/**
 * The facts of a resource that somebody wants to write. Some types are in a record through others, a Provenance through
 * its targets: these are looked up, as far as the caller may read them. What is hidden is as what is not there: nobody's,
 * so that to name it tells nothing of it. FHIR R4 provenance.html, binary.html#security.
 */
import type { Backend, FilterOf } from '@affinity/core/fhir/backend.ts';
import { ownedThrough } from '@affinity/core/fhir/compartment.ts';
import type { Confidentiality } from '@affinity/core/fhir/filter.ts';
import type { Coding, Resource } from '@affinity/core/fhir/resource.ts';
import { factsOf, type ResourceFacts } from '@affinity/core/fhir/resource-facts.ts';
import {
  confidentialityWithin,
  highestOf,
  isAtMost,
  labelsWithin,
  mayHoldLabels,
  sensitivitiesOf,
} from '@affinity/core/fhir/security-label.ts';

/** What the same transaction has written, by `Type/id`. */
export type WrittenFacts = ReadonlyMap<string, Pick<ResourceFacts, 'owners' | 'confidentiality' | 'labels'>>;

/** How confidential the resources are through which it is in a record: it may be no less so. */
interface AtLeast {
  readonly confidentiality: Confidentiality;
  readonly sensitivities: readonly Coding[];
}
export interface OwnedFacts extends ResourceFacts {
  readonly atLeast: AtLeast;
  /** it speaks of something that is not there for the caller */
  readonly ofUnseen: boolean;
}

/** What it says of those would be told to whoever may not see them. */
export const tellsMore = ({ atLeast, confidentiality, labels }: OwnedFacts): boolean => {
  if (!isAtMost(atLeast.confidentiality, confidentiality)) return true;
  const carried = new Set(sensitivitiesOf(labels).map(({ code }) => code));
  return atLeast.sensitivities.some(({ code }) => !carried.has(code));
};

type Labelled = Pick<ResourceFacts, 'confidentiality' | 'labels'>;
const deleted: Labelled = { confidentiality: 'U', labels: [] };
const labelsOfBody = (body: string): Labelled => {
  if (!mayHoldLabels(body)) return { confidentiality: 'N', labels: [] };
  const resource = JSON.parse(body) as Resource;
  return { confidentiality: confidentialityWithin(resource), labels: labelsWithin(resource) };
};

/** Resources that one may be in a record through. More of them are nobody's. */
const mostTargets = 1000;

export const createOwnedFacts =
  (backend: Backend, ownBases: readonly string[]) =>
  /** `readable`: what the caller may read of each type */
  async (resource: Resource, readable: FilterOf, written: WrittenFacts = new Map()): Promise<OwnedFacts> => {
    const around = backend.parameters === undefined ? {} : { parameters: backend.parameters };
    const targets = ownedThrough(resource, ownBases)?.targets ?? [];
    if (targets.length === 0) {
      const atLeast = { confidentiality: 'U', sensitivities: [] } as const;
      return { ...factsOf(resource, ownBases, around), atLeast, ofUnseen: false };
    }
    const known = new Map(written);
    const others = targets.filter(({ type, id }) => !written.has(`${type}/${id}`));
    const stored = others.length > mostTargets ? undefined : await backend.ownersOf?.(others);
    for (const target of others) {
      const owners = stored?.get(`${target.type}/${target.id}`);
      if (owners === undefined) continue;
      const result = await backend.read(target, readable(target.type));
      if (result.kind === 'absent') continue;
      const said = result.kind === 'found' ? labelsOfBody(result.version.body) : deleted;
      known.set(`${target.type}/${target.id}`, { owners, ...said });
    }
    const place = ({ type, id }: { readonly type: string; readonly id: string }) => known.get(`${type}/${id}`);
    const facts = factsOf(resource, ownBases, { ...around, ownersOf: (target) => place(target)?.owners });
    const spoken = targets.flatMap((target) => place(target) ?? []);
    const confidentiality = highestOf(spoken.map((each) => each.confidentiality)) ?? 'U';
    return {
      ...facts,
      ofUnseen: targets.some((target) => place(target) === undefined),
      atLeast: { confidentiality, sensitivities: sensitivitiesOf(spoken.flatMap(({ labels }) => labels)) },
    };
  };

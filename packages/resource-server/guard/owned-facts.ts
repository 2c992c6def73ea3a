/**
 * The facts of a resource that somebody wants to write. Some types are in a record through others, a Provenance through
 * its targets: these are looked up, as far as the caller may read them. What is hidden is as what is not there: nobody's,
 * so that to name it tells nothing of it. FHIR R4 provenance.html, binary.html#security.
 */
import type { Backend, FilterOf } from '@affinity/core/fhir/backend.ts';
import { ownedThrough } from '@affinity/core/fhir/compartment.ts';
import type { Confidentiality } from '@affinity/core/fhir/filter.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { factsOf, type ResourceFacts } from '@affinity/core/fhir/resource-facts.ts';
import { highestOf } from '@affinity/core/fhir/security-label.ts';
import { confidentialityOfBody } from './about.ts';

/** What the same transaction has written, by `Type/id`. */
export type WrittenFacts = ReadonlyMap<string, Pick<ResourceFacts, 'owners' | 'confidentiality'>>;

export interface OwnedFacts extends ResourceFacts {
  /** the highest of the resources through which it is in a record: it may be no less confidential */
  readonly atLeast: Confidentiality;
}

/** Resources that one may be in a record through. More of them are nobody's. */
const mostTargets = 1000;

export const createOwnedFacts =
  (backend: Backend, ownBases: readonly string[]) =>
  /** `readable`: what the caller may read of each type */
  async (resource: Resource, readable: FilterOf, written: WrittenFacts = new Map()): Promise<OwnedFacts> => {
    const around = backend.parameters === undefined ? {} : { parameters: backend.parameters };
    const targets = ownedThrough(resource, ownBases)?.targets ?? [];
    if (targets.length === 0) return { ...factsOf(resource, ownBases, around), atLeast: 'U' };
    const known = new Map(written);
    const others = targets.filter(({ type, id }) => !written.has(`${type}/${id}`));
    const stored = others.length > mostTargets ? undefined : await backend.ownersOf?.(others);
    for (const target of others) {
      const owners = stored?.get(`${target.type}/${target.id}`);
      if (owners === undefined) continue;
      const result = await backend.read(target, readable(target.type));
      if (result.kind === 'absent') continue;
      const confidentiality = result.kind === 'found' ? confidentialityOfBody(result.version.body) : 'U';
      known.set(`${target.type}/${target.id}`, { owners, confidentiality });
    }
    const place = ({ type, id }: { readonly type: string; readonly id: string }) => known.get(`${type}/${id}`);
    const facts = factsOf(resource, ownBases, { ...around, ownersOf: (target) => place(target)?.owners });
    const levels = targets.map((target) => place(target)?.confidentiality ?? 'U');
    return { ...facts, atLeast: highestOf(levels) ?? 'U' };
  };

/**
 * The facts of a resource that somebody wants to write. Some types are in a record through others, a Provenance through
 * its targets: these are looked up. FHIR R4 provenance.html.
 */
import type { Backend } from '@affinity/core/fhir/backend.ts';
import { ownedThrough } from '@affinity/core/fhir/compartment.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { factsOf, type ResourceFacts } from '@affinity/core/fhir/resource-facts.ts';

export const createOwnedFacts =
  (backend: Backend, ownBases: readonly string[]) =>
  /** `written`: owners of what the same transaction has written, by `Type/id` */
  async (resource: Resource, written: ReadonlyMap<string, readonly string[]> = new Map()): Promise<ResourceFacts> => {
    const around = backend.parameters === undefined ? {} : { parameters: backend.parameters };
    const targets = ownedThrough(resource, ownBases)?.targets ?? [];
    if (targets.length === 0) return factsOf(resource, ownBases, around);
    const stored = await backend.ownersOf?.(targets.filter(({ type, id }) => !written.has(`${type}/${id}`)));
    const ownersOf = ({ type, id }: { readonly type: string; readonly id: string }) =>
      written.get(`${type}/${id}`) ?? stored?.get(`${type}/${id}`);
    return factsOf(resource, ownBases, { ...around, ownersOf });
  };

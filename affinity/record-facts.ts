/** What decisions are made from of one stored record: for an administrator who asks why somebody may, or may not, see it. */
import type { Backend } from '@affinity/core/fhir/backend.ts';
import { everything } from '@affinity/core/fhir/filter.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { factsOf, type ResourceFacts } from '@affinity/core/fhir/resource-facts.ts';

/**
 * Not through the guard, since it speaks for no caller: an explanation tells which rule lets the record through and which
 * does not, never what the record holds. Whoever asks is recorded.
 */
export const createRecordFacts =
  (backend: Pick<Backend, 'read' | 'parameters'>, ownBases: readonly string[]) =>
  async (type: string, id: string): Promise<ResourceFacts | undefined> => {
    const result = await backend.read({ type, id }, everything);
    if (result.kind !== 'found') return undefined;
    const { body, patients } = result.version;
    const { parameters } = backend;
    const around = {
      ...(parameters === undefined ? {} : { parameters }),
      // The store knows whose a record is that is in one through what it refers to.
      ...(patients === undefined ? {} : { ownersOf: () => patients }),
    };
    const facts = factsOf(JSON.parse(body) as Resource, ownBases, around);
    return patients === undefined ? facts : { ...facts, owners: patients };
  };

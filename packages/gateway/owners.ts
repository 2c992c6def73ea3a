/**
 * Whose record the resources are through which others are in a record: a Provenance through its targets, a Binary through
 * its context. They are read from the foreign system before anything is judged. FHIR R4 provenance.html, binary.html#security.
 */
import { type OwnersOf, ownedThrough, recordOwners } from '@affinity/core/fhir/compartment.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { type Around, type Fetch, keyOf } from './fetch.ts';

const unknown: OwnersOf = () => undefined;

/** What must be known to judge these: nothing is asked where none of them is in a record through others. */
export type KnowOwners = (resources: readonly Resource[], around: Around) => Promise<OwnersOf>;

export const createKnowOwners = ({
  fetch,
  ownBases,
}: {
  readonly fetch: Fetch;
  readonly ownBases: readonly string[];
}): KnowOwners => {
  const know: KnowOwners = async (resources, around) => {
    const targets = resources.flatMap((resource) => ownedThrough(resource, ownBases)?.targets ?? []);
    if (targets.length === 0) return unknown;
    // A Patient is its own record: nothing need be read for that.
    const held = await fetch.many(
      targets.filter(({ type }) => type !== 'Patient'),
      around,
    );
    // A Provenance of a Binary is in the Binary's record, which is another's: no longer way is possible.
    const further = await know(
      [...held.values()].map(({ resource }) => resource),
      around,
    );
    const owners = new Map<string, readonly string[]>();
    for (const [key, { resource }] of held) owners.set(key, recordOwners(resource, ownBases, further));
    return (target) => owners.get(keyOf(target));
  };
  return know;
};

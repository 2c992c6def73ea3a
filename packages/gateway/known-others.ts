/**
 * What must be known of other resources to judge those that are in a record through them: a Provenance by its targets, a
 * Binary by its context. They are read from the foreign system before anything is judged. What speaks of others is at least
 * as confidential as these, whatever the foreign system labels it. FHIR R4 provenance.html, binary.html#security.
 */
import { type OwnersOf, ownedThrough, recordOwners } from '@affinity/core/fhir/compartment.ts';
import type { Confidentiality } from '@affinity/core/fhir/filter.ts';
import type { Coding, Resource } from '@affinity/core/fhir/resource.ts';
import { confidentialityWithin, highestOf, labelsWithin, sensitivitiesOf } from '@affinity/core/fhir/security-label.ts';
import { type Around, type Fetch, keyOf } from './fetch.ts';
import type { At } from './source.ts';

interface Other {
  readonly owners: readonly string[];
  readonly confidentiality: Confidentiality;
  readonly sensitivities: readonly Coding[];
}
export interface KnownOthers {
  readonly ownersOf: OwnersOf;
  /** the highest of the resource and of those that it is in a record through */
  readonly confidentialityOf: (resource: Resource) => Confidentiality;
  /** its labels, and the sensitivities of those */
  readonly labelsOf: (resource: Resource) => readonly Coding[];
}

const noOthers: KnownOthers = {
  ownersOf: () => undefined,
  confidentialityOf: confidentialityWithin,
  labelsOf: labelsWithin,
};

/** What must be known to judge these: nothing is asked where none of them is in a record through others. */
export type KnowOthers = (resources: readonly Resource[], around: Around) => Promise<KnownOthers>;

const known = (others: ReadonlyMap<string, Other>, ownBases: readonly string[]): KnownOthers => {
  const of = (at: At): Other | undefined => others.get(keyOf(at));
  const behind = (resource: Resource): readonly Other[] =>
    (ownedThrough(resource, ownBases)?.targets ?? []).flatMap((target) => of(target) ?? []);
  return {
    ownersOf: (target) => of(target)?.owners,
    confidentialityOf(resource) {
      const own = confidentialityWithin(resource);
      return highestOf([own, ...behind(resource).map(({ confidentiality }) => confidentiality)]) ?? own;
    },
    labelsOf: (resource) => [
      ...labelsWithin(resource),
      ...behind(resource).flatMap(({ sensitivities }) => sensitivities),
    ],
  };
};

export const createKnowOthers = ({
  fetch,
  ownBases,
}: {
  readonly fetch: Fetch;
  readonly ownBases: readonly string[];
}): KnowOthers => {
  const know: KnowOthers = async (resources, around) => {
    const targets = resources.flatMap((resource) => ownedThrough(resource, ownBases)?.targets ?? []);
    if (targets.length === 0) return noOthers;
    const held = await fetch.many(targets, around);
    const bodies = [...held.values()].map(({ resource }) => resource);
    // A Provenance of a Binary is in the record that the Binary is in; the way is never longer.
    const further = await know(bodies, around);
    const others = new Map<string, Other>();
    for (const [key, { resource }] of held)
      others.set(key, {
        owners: recordOwners(resource, ownBases, further.ownersOf),
        confidentiality: further.confidentialityOf(resource),
        sensitivities: sensitivitiesOf(further.labelsOf(resource)),
      });
    return known(others, ownBases);
  };
  return know;
};

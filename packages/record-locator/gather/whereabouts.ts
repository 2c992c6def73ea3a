/**
 * Under which id each server of the domain is asked about a person. Every server is asked, in the same way: one that does not know
 * the person is asked about nobody, so that neither time nor a failure tells who is known where. IHE PIXm (ITI-83).
 */
import { randomUUID } from 'node:crypto';
import type { PersonIdentifier, PersonIndex } from '@affinity/core/identity/person-index.ts';
import type { Source } from './source.ts';

/** How a caller names a person. */
export type Named =
  /** id at the locator */
  | { readonly kind: 'person'; readonly person: string }
  | { readonly kind: 'identifier'; readonly identifier: PersonIdentifier }
  /** absolute URL of a Patient at a server of the domain */
  | { readonly kind: 'place'; readonly base: string; readonly patient: string };

export interface Whereabout {
  readonly source: Source;
  /** id there, or one that is nobody's */
  readonly patient: string;
}

export interface Whereabouts {
  /** undefined: nobody */
  readonly person?: string;
  readonly all: readonly Whereabout[];
}

const personOf = (named: Named, index: PersonIndex): Promise<string | undefined> => {
  switch (named.kind) {
    case 'person':
      return Promise.resolve(named.person);
    case 'identifier':
      return index.personByIdentifier(named.identifier);
    case 'place':
      return index.personAt(named);
  }
};

/** A person with several ids at one server is asked about there by each of them. */
export const whereaboutsOf = async (
  named: Named,
  index: PersonIndex,
  sources: readonly Source[],
): Promise<Whereabouts> => {
  const person = await personOf(named, index);
  const places = person === undefined ? [] : await index.placesOf(person);
  const all = sources.flatMap((source): readonly Whereabout[] => {
    const ids = [...new Set(places.filter(({ base }) => base === source.base).map(({ patient }) => patient))].sort();
    const [first = randomUUID(), ...more] = ids;
    return [first, ...more].map((patient) => ({ source, patient }));
  });
  return { ...(person === undefined ? {} : { person }), all };
};

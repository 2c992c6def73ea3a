/** The facts that decisions of a server beside the home are made by: its own records, and what the home knows of the same people. */
import { createCrossReference, findAllLinked } from '@affinity/authorization-server/cross-reference.ts';
import type { Backend } from '@affinity/core/fhir/backend.ts';
import type { Alike } from '@affinity/resource-server/facts/elsewhere.ts';
import { createClinicFacts, type FactsNeighbours } from './clinic-facts.ts';

export interface LinkedFactsNeighbours extends Omit<FactsNeighbours, 'home'> {
  /** the server that keeps the Consents */
  readonly home: { readonly base: string; readonly backend: Backend };
  /** where this server has several records of a person */
  readonly alike?: Alike;
}

export const createLinkedFacts = (neighbours: LinkedFactsNeighbours): ReturnType<typeof createClinicFacts> => {
  const { base, home, pool, people, alike } = neighbours;
  const { personAt } = createCrossReference(home.base);
  return createClinicFacts({
    ...neighbours,
    home: {
      backend: home.backend,
      ownBases: [home.base],
      ...(alike === undefined ? {} : { alike }),
      links: (type, from, ids) => findAllLinked(pool, type, base, from, ids),
      identityOf: async (user) => {
        const person = await people.find(user);
        return person === undefined ? undefined : (await personAt(pool, person, base)).fhirUser;
      },
    },
  });
};

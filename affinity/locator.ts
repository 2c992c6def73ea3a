/** Where a patient's documents are: the record locator at `/locator/fhir`. IHE MHD; docs/decisions/0034-the-record-locator.md. */
import { createPersons } from '@affinity/identity/persons.ts';
import { createDocuments } from '@affinity/record-locator/documents.ts';
import { optOutOperations } from '@affinity/record-locator/opt-out-operations.ts';
import { createOptOuts } from '@affinity/record-locator/opt-outs.ts';
import { identityService } from './identity.ts';
import {
  createSharedServer,
  type SharedDescription,
  type SharedNeighbours,
  type SharedServer,
  sharedBase,
} from './shared-server.ts';

export const locatorService = {
  name: 'locator',
  title: 'Record locator',
  path: '/locator/fhir',
} as const satisfies SharedDescription;

const types = ['DocumentReference', 'List', 'Binary'];

export const createLocator = (neighbours: SharedNeighbours): Promise<SharedServer> => {
  const { config, pool, now } = neighbours;
  const { locator } = config.file;
  const persons = createPersons({ db: pool, base: sharedBase(config.origin, identityService) });
  const optOuts = createOptOuts(pool);
  return createSharedServer(
    {
      ...locatorService,
      types,
      own: async ({ store, pool: space }, base) => {
        const {
          persons: _,
          sweep: __,
          ...documents
        } = await createDocuments({
          base,
          store,
          pool: space,
          persons,
          optOuts,
          lifetimes: { locatedDays: locator.located_days, publishedDays: locator.published_days },
          now: () => now().getTime(),
        });
        return { ...documents, operations: optOutOperations(optOuts) };
      },
    },
    neighbours,
  );
};

/** Where a patient's documents are: the record locator at `/locator/fhir`. IHE MHD; docs/decisions/0034-the-record-locator.md. */
import { createPersons } from '@affinity/identity/persons.ts';
import { createDocuments } from '@affinity/record-locator/documents.ts';
import { createFollowing } from '@affinity/record-locator/follow/following.ts';
import { generateMetadata } from '@affinity/record-locator/metadata/generate-metadata.ts';
import { optOutOperations } from '@affinity/record-locator/opt-out-operations.ts';
import { createOptOuts } from '@affinity/record-locator/opt-outs.ts';
import { createGathering, type GatheringNeighbours } from './gathering.ts';
import { heldAt } from './held-at.ts';
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

const second = 1000;

export interface LocatorNeighbours extends SharedNeighbours, Pick<GatheringNeighbours, 'secret' | 'fetch'> {}

export const createLocator = (neighbours: LocatorNeighbours): Promise<SharedServer> => {
  const { config, pool, home, further, now, log } = neighbours;
  const { locator } = config.file;
  const persons = createPersons({ db: pool, base: sharedBase(config.origin, identityService) });
  const optOuts = createOptOuts(pool);
  const time = (): number => now().getTime();
  return createSharedServer(
    {
      ...locatorService,
      types,
      own: async ({ store, pool: space }, base) => {
        const documents = await createDocuments({
          ...{ base, store, pool: space, persons, optOuts, now: time },
          lifetimes: { locatedDays: locator.located_days, publishedDays: locator.published_days },
        });
        const { backend, prepare, objects, sweep } = documents;
        const around = { store, pool, space, persons, now: time, most: locator.follow_documents };
        const following = createFollowing({
          ...around,
          sweep,
          pauseMilliseconds: locator.follow_seconds * second,
          changesMilliseconds: locator.changes_days * 86_400 * second,
          log: (event, details) => log(event, { server: locatorService.name, detail: JSON.stringify(details) }),
          servers: [home, ...further].map((server) => ({
            ...around,
            base: server.base,
            documents: server.backend,
            // Of its own store the domain notes every write; a server that it protects is asked.
            noted: server.base === home.base && config.protect === undefined,
            allMilliseconds: locator.follow_all_hours * 3600 * second,
            againMilliseconds: 60 * second,
            ...(locator.home_community_id === undefined ? {} : { homeCommunityId: locator.home_community_id }),
          })),
        });
        following.start();
        const servers = heldAt(config);
        const asked = { ...neighbours, base, persons, optOuts, servers, homeBase: home.base };
        const operations = [generateMetadata, ...optOutOperations(optOuts), ...(await createGathering(asked))];
        return { backend, prepare, objects, documents: documents.documents, operations, close: following.stop };
      },
    },
    neighbours,
  );
};

/** The documents' part of the record locator: what it makes of writes, what it finds, what it gives out. IHE MHD ITI-65, 66, 67, 68, 105. */
import type { Backend } from '@affinity/core/fhir/backend.ts';
import type { ResourceServerOptions } from '@affinity/resource-server/resource-server.ts';
import type { StoreBackend } from '@affinity/store/backend.ts';
import type pg from 'pg';
import { documentFault } from './attachment.ts';
import { createExpiry, createHidden, type Lifetimes } from './hidden-entries.ts';
import { createLocatedRecords } from './located-records.ts';
import type { OptOuts } from './opt-outs.ts';
import { type Persons, withoutOptedOut } from './persons.ts';
import { createObjection, createPreparation } from './publishing.ts';
import { searchParameters } from './search-parameters.ts';
import { prepareSpace } from './space.ts';

export interface DocumentsNeighbours {
  /** of the locator, without trailing slash */
  readonly base: string;
  readonly store: StoreBackend;
  /** of connections that find the schema of the locator */
  readonly pool: pg.Pool;
  readonly persons: Persons;
  readonly optOuts: OptOuts;
  readonly lifetimes: Lifetimes;
  /** epoch milliseconds */
  readonly now: () => number;
}

export interface Documents extends Required<Pick<ResourceServerOptions, 'prepare' | 'objects' | 'documents'>> {
  readonly backend: Backend;
  /** those who have not opted out */
  readonly persons: Persons;
  /** Sees to entries whose time is up; done before every answer too. */
  sweep(): Promise<void>;
}

/** What is searched by stands before anything is stored; what is there already stays. */
const keepSearchParameters = async ({ create }: StoreBackend): Promise<void> => {
  for (const resource of searchParameters)
    await create({
      type: resource.resourceType,
      id: resource.id,
      content: { resource, json: JSON.stringify(resource) },
    });
};

export const createDocuments = async (neighbours: DocumentsNeighbours): Promise<Documents> => {
  const { base, store, pool, optOuts, lifetimes, now } = neighbours;
  await prepareSpace(pool);
  await keepSearchParameters(store);
  const persons = withoutOptedOut(neighbours.persons, (person) => optOuts.has(person));
  const sweep = createExpiry({ store, pool, lifetimes, now });
  const around = { base, persons, now };
  return {
    backend: createLocatedRecords({ store, persons, base, hidden: createHidden(sweep, optOuts) }),
    prepare: createPreparation(around),
    objects: createObjection(around),
    documents: documentFault(base),
    persons,
    sweep,
  };
};

/** The Backend on PostgreSQL: each interaction is a file beside this one. FHIR R4 http.html; docs/decisions/0002-table-layout.md. */
import type { Backend } from '@affinity/core/fhir/backend.ts';
import { factsOf as computeFacts } from '@affinity/core/fhir/resource-facts.ts';
import { standardParameters } from '@affinity/core/fhir/search-parameter.ts';
import type pg from 'pg';
import { storeCapabilities } from './capability.ts';
import { createDatabase } from './database.ts';
import { createEverything } from './everything.ts';
import { createTypesHistory } from './history-types.ts';
import { tellingOutages } from './outage.ts';
import type { SharedConnection } from './postgres/shared-connection.ts';
import { createReading, defaultReadingLimits, type ReadingLimits } from './reading.ts';
import { createSystemSearch } from './system-search.ts';
import { createAsk } from './time-limit.ts';
import { createCreate, createDelete, createUpdate } from './write.ts';

export interface StoreOptions {
  readonly pool: pg.Pool;
  /** for reads by id, which are short; they go through the pool where it is not given */
  readonly shared?: SharedConnection;
  /** the absolute URLs at which this store's resources are known: a reference under one is a reference to it */
  readonly ownBases: readonly string[];
  /** epoch milliseconds; the system's clock unless told */
  readonly now?: () => number;
  /** `defaultReadingLimits` unless told */
  readonly limits?: Partial<ReadingLimits>;
}

/** The database must have had the migrations. The Filter is compiled into every statement. */
export const createBackend = ({ pool, shared, ownBases, now = Date.now, limits: given }: StoreOptions): Backend => {
  const database = createDatabase(pool, shared);
  const limits = { ...defaultReadingLimits, ...given };
  const ask = createAsk(database, limits.searchMilliseconds);
  const search = { ask, parameters: () => standardParameters, limits };
  const reading = createReading({ database, ...search });
  const write = {
    database,
    now,
    factsOf: (resource: Parameters<typeof computeFacts>[0]) => computeFacts(resource, ownBases),
  };
  return {
    appliesFilter: true,
    capabilities: storeCapabilities(standardParameters),
    read: tellingOutages(reading.read),
    vread: tellingOutages(reading.vread),
    create: tellingOutages(createCreate(write)),
    update: tellingOutages(createUpdate(write)),
    delete: tellingOutages(createDelete(write)),
    historyInstance: tellingOutages(reading.historyInstance),
    searchType: tellingOutages(reading.searchType),
    history: tellingOutages(createTypesHistory(ask)),
    searchSystem: tellingOutages(createSystemSearch(search)),
    everything: tellingOutages(createEverything(ask)),
  };
};

/** The Backend on PostgreSQL: each interaction is a file beside this one. FHIR R4 http.html; docs/decisions/0002-table-layout.md. */
import type { Backend, Interactions } from '@affinity/core/fhir/backend.ts';
import type pg from 'pg';
import { resolveCanonical } from './canonical.ts';
import { createDatabase } from './database.ts';
import { createEverything } from './everything.ts';
import { createTypesHistory } from './history-types.ts';
import { demandIndexed } from './old-index.ts';
import { tellingOutages } from './outage.ts';
import { lookUpOwners } from './ownership.ts';
import { type ParameterWatch, watchParameters } from './parameter-set.ts';
import type { SharedConnection } from './postgres/shared-connection.ts';
import { createReading, defaultReadingLimits, type ReadingLimits } from './reading.ts';
import { createSystemSearch } from './system-search.ts';
import { createTextValues } from './text-values.ts';
import { createAsk } from './time-limit.ts';
import { createTransact } from './transaction.ts';
import { createCreate, createDelete, createUpdate } from './write.ts';
import { createWriteOn, type WriteOn } from './write-on.ts';

export interface StoreOptions {
  readonly pool: pg.Pool;
  /** for reads by id, which are short; they go through the pool where it is not given */
  readonly shared?: SharedConnection;
  /** the absolute URLs at which this store's resources are known: a reference under one is a reference to it */
  readonly ownBases: readonly string[];
  /** epoch milliseconds; the system's clock unless told */
  readonly now?: () => number;
  /** the search parameters, where somebody looks after them (reindexing.ts); a look of its own unless told */
  readonly parameters?: ParameterWatch;
  /** `defaultReadingLimits` unless told */
  readonly limits?: Partial<ReadingLimits>;
}

/** What the store does beside what every Backend may do. */
export interface StoreBackend extends Required<Omit<Backend, 'parameters'>>, Pick<Backend, 'parameters'> {
  /** The resource that `url|version` names, or without a version the latest active one (canonical.ts). It asks no Filter. */
  resolveCanonical(
    type: string,
    canonical: string,
  ): Promise<{ readonly type: string; readonly id: string } | undefined>;
  /** Reads and writes within a transaction that somebody else has begun on this connection (write-on.ts). */
  readonly within: WriteOn;
}

/** The database must have had the migrations. The Filter is compiled into every statement. */
export const createBackend = ({ pool, shared, ownBases, now = Date.now, ...given }: StoreOptions): StoreBackend => {
  const database = createDatabase(pool, shared);
  const parameters = given.parameters ?? watchParameters(database.query);
  const limits = { ...defaultReadingLimits, ...given.limits };
  const ask = createAsk(database, limits.searchMilliseconds);
  const search = { ask, parameters: () => parameters.current().usable, limits };
  const reading = createReading({ database, ...search });
  const write = { database, parameters, texts: createTextValues(), ownBases, now };
  const indexed =
    (searchType: Interactions['searchType']): Interactions['searchType'] =>
    async (query, ...rest) => {
      demandIndexed(query, parameters.current().old);
      return searchType(query, ...rest);
    };
  const everything = createEverything(ask);
  const transact = createTransact({
    ...write,
    questionMilliseconds: limits.searchMilliseconds,
    readsOn: (on, ask) => {
      const within = createReading({ ...search, database: on, ask });
      return { ...within, searchType: indexed(within.searchType) };
    },
  });
  return {
    appliesFilter: true,
    get capabilities() {
      return parameters.current().capabilities;
    },
    get parameters() {
      return parameters.current().usable;
    },
    read: tellingOutages(reading.read),
    vread: tellingOutages(reading.vread),
    create: tellingOutages(createCreate(write)),
    update: tellingOutages(createUpdate(write)),
    delete: tellingOutages(createDelete(write)),
    historyInstance: tellingOutages(reading.historyInstance),
    searchType: tellingOutages(indexed(reading.searchType)),
    history: tellingOutages(createTypesHistory(ask)),
    searchSystem: tellingOutages(createSystemSearch(search)),
    everything: tellingOutages(async (...asked: Parameters<typeof everything>) => {
      demandIndexed({ type: 'Patient', clauses: [], includes: [follows] }, parameters.current().old);
      return everything(...asked);
    }),
    ownersOf: tellingOutages((references) => lookUpOwners(database.query, references)),
    transact,
    within: createWriteOn(write),
    resolveCanonical: tellingOutages(async (type: string, canonical: string) => {
      const id = await resolveCanonical(database.query, type, canonical);
      return id === undefined ? undefined : { type, id };
    }),
  };
};

/** `$everything` follows references. */
const follows = { reverse: false, type: '*', param: '*', iterate: false } as const;

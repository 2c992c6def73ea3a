/** The store of the domain, with what looks after its search index. docs/decisions/0009-references-and-reindexing.md. */
import { createBackend, type StoreBackend } from '@affinity/store/backend.ts';
import { createIndexing } from '@affinity/store/reindexing.ts';
import type { Config } from './config.ts';
import type { Database } from './database.ts';
import type { Log } from './log.ts';

export interface StoreNeighbours {
  readonly config: Config;
  readonly database: Pick<Database, 'pool' | 'shared'>;
  readonly ownBases: readonly string[];
  readonly log: Log;
}

export interface OpenedStore {
  readonly store: StoreBackend;
  readonly indexing: { stop(): Promise<void> };
}

export const openStore = async ({ config, database, ownBases, log }: StoreNeighbours): Promise<OpenedStore> => {
  const { pool, shared } = database;
  const { limits } = config.file;
  const indexing = createIndexing({
    pool,
    ownBases,
    log: (event, details) => log(event, { detail: JSON.stringify(details) }),
  });
  await indexing.start();
  const store = createBackend({
    pool,
    shared,
    ownBases,
    parameters: indexing.parameters,
    limits: {
      searchMilliseconds: limits.search_seconds * 1_000,
      maxIncluded: limits.included_resources,
      maxIncludeRounds: limits.include_rounds,
    },
  });
  return { store, indexing };
};

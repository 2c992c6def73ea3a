/**
 * A store of its own for a server of the domain: the tables of resources once more, in a schema of the same database.
 * docs/decisions/0038-servers-with-records-of-their-own.md.
 */
import type { Backend } from '@affinity/core/fhir/backend.ts';
import type { StoreBackend } from '@affinity/store/backend.ts';
import { migrate } from '@affinity/store/postgres/migrate.ts';
import { createPool } from '@affinity/store/postgres/pool.ts';
import { recordMigrations } from '@affinity/store/postgres/record-migrations.ts';
import { createSharedConnection } from '@affinity/store/postgres/shared-connection.ts';
import type pg from 'pg';
import type { Config } from './config.ts';
import type { Database } from './database.ts';
import type { Log } from './log.ts';
import { openStore } from './open-store.ts';

export interface RecordSpaceNeighbours {
  readonly config: Config;
  readonly database: Pick<Database, 'url'>;
  /** of the server, and of the schema */
  readonly name: string;
  /** under which its resources are known */
  readonly ownBases: readonly string[];
  readonly log: Log;
}

export interface RecordSpace {
  readonly store: StoreBackend;
  /** finds the tables of this schema, and no others */
  readonly pool: pg.Pool;
  close(): Promise<void>;
}

export const openRecordSpace = async (neighbours: RecordSpaceNeighbours): Promise<RecordSpace> => {
  const { config, database, name, ownBases, log } = neighbours;
  const { url } = database;
  const { database_patience_seconds, service_database_connections } = config.file.limits;
  const patience = database_patience_seconds * 1_000;
  await migrate(url, recordMigrations(), name);
  const onError = (error: Error): void => log('database connection lost', { server: name, error: error.message });
  const pool = createPool({
    url,
    schema: name,
    onError,
    applicationName: `affinity ${name}`,
    max: service_database_connections,
    statementTimeout: patience,
    queryTimeout: patience + 1_000,
    connectTimeout: patience,
  });
  const shared = createSharedConnection({
    url,
    schema: name,
    onError,
    applicationName: `affinity ${name} reads`,
    answerTimeout: patience,
    connectTimeout: patience,
  });
  const { store, indexing } = await openStore({ config, database: { pool, shared }, ownBases, log });
  return {
    store,
    pool,
    close: async () => {
      await indexing.stop();
      await Promise.all([shared.close(), pool.end()]);
    },
  };
};

/** The store as far as these types go: others are neither offered nor found. */
export const withTypes = <Of extends Backend>(backend: Of, types: readonly string[]): Of => {
  const wanted = new Set(types);
  let known: { readonly of: Backend['capabilities']; readonly some: Backend['capabilities'] } | undefined;
  return Object.defineProperties(
    { ...backend },
    {
      capabilities: {
        enumerable: true,
        get: () => {
          const of = backend.capabilities;
          if (known?.of !== of) known = { of, some: of.filter(({ type }) => wanted.has(type)) };
          return known.some;
        },
      },
      parameters: { enumerable: true, get: () => backend.parameters },
    },
  );
};

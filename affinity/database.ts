/** The domain's PostgreSQL: the embedded one, or the user's own by DATABASE_URL; migrated before anybody uses it. */
import { mkdirSync } from 'node:fs';
import { startEmbedded } from '@affinity/store/postgres/embedded.ts';
import type { Look } from '@affinity/store/postgres/look.ts';
import { migrate } from '@affinity/store/postgres/migrate.ts';
import { createPool } from '@affinity/store/postgres/pool.ts';
import { findRunning } from '@affinity/store/postgres/running.ts';
import { createSharedCommit } from '@affinity/store/postgres/shared-commit.ts';
import { createSharedConnection, type SharedConnection } from '@affinity/store/postgres/shared-connection.ts';
import pg from 'pg';
import type { Config } from './config.ts';
import type { Log } from './log.ts';

export interface Database {
  readonly url: string;
  readonly pool: pg.Pool;
  /** for reads by id */
  readonly shared: SharedConnection;
  /** for single statements that change something and wait for no lock: those at the same time share a commit */
  readonly commit: Look;
  /** for audit records alone: an answer is recorded while its transaction has a connection, and may wait for no other */
  readonly audit: pg.Pool;
  /** where it is, for people: never a password */
  readonly description: string;
  close(): Promise<void>;
}

export interface OpenOptions {
  readonly log: Log;
  /** told when the embedded PostgreSQL ends by itself */
  readonly onLost: (message: string) => void;
  /** true: a server that already runs on the data directory is joined instead of refused (for commands beside it) */
  readonly join: boolean;
  /** milliseconds that a statement may take; without it, commands wait as long as their work needs */
  readonly patience?: number;
}

/** @throws Error in plain words: the directory is in use, the database cannot be reached, a migration does not fit */
export const openDatabase = async (config: Config, { log, onLost, join, patience }: OpenOptions): Promise<Database> => {
  const source = await findSource(config, join, onLost);
  const onError = (error: Error): void => log('database connection lost', { error: error.message });
  const connecting = {
    url: source.url,
    onError,
    ...(patience === undefined
      ? {}
      : { statementTimeout: patience, queryTimeout: patience + 1_000, connectTimeout: patience }),
  };
  const pool = createPool({ ...connecting, max: config.file.limits.database_connections });
  // Records are written one batch after another.
  const audit = createPool({ ...connecting, max: 1, applicationName: 'affinity audit' });
  const sharing = {
    url: source.url,
    onError,
    ...(patience === undefined ? {} : { answerTimeout: patience, connectTimeout: patience }),
  };
  const shared = createSharedConnection(sharing);
  const commits = createSharedConnection({ ...sharing, applicationName: 'affinity commits' });
  const close = async (): Promise<void> => {
    await Promise.all([shared.close(), commits.close(), audit.end(), pool.end()]);
    await source.stop();
  };
  try {
    await migrate(source.url);
  } catch (error) {
    await close();
    if (config.databaseUrl === undefined) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`The PostgreSQL that DATABASE_URL names cannot be used: ${reason}.`, { cause: error });
  }
  const commit = createSharedCommit(commits);
  return { url: source.url, pool, shared, commit, audit, description: source.description, close };
};

interface Source {
  readonly url: string;
  readonly description: string;
  stop(): Promise<void>;
}

const findSource = async (config: Config, join: boolean, onLost: (message: string) => void): Promise<Source> => {
  if (config.databaseUrl !== undefined) {
    const { host, pathname } = new URL(config.databaseUrl);
    return { url: config.databaseUrl, description: `PostgreSQL at ${host}${pathname}`, stop: async () => {} };
  }
  mkdirSync(config.dataDirectory, { recursive: true });
  const running = join ? findRunning(config.dataDirectory)?.url : undefined;
  if (running !== undefined && (await answers(running))) {
    return { url: running, description: `the running PostgreSQL of ${config.dataDirectory}`, stop: async () => {} };
  }
  const embedded = await startEmbedded({ directory: config.dataDirectory, onUnexpectedExit: onLost });
  return { url: embedded.url, description: `PostgreSQL 18 in ${config.dataDirectory}`, stop: () => embedded.stop() };
};

/** After a crash a process number may belong to somebody else: only an answer shows that the database runs. */
const answers = async (url: string): Promise<boolean> => {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  client.on('error', () => {});
  try {
    await client.connect();
    await client.end();
    return true;
  } catch {
    return false;
  }
};

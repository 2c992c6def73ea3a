/**
 * Transactions of several interactions: all or nothing, as if one after another. FHIR R4 http.html#transaction.
 *
 * PostgreSQL's serializable transactions see what there was when they began. So everything that one must wait for is waited
 * for before it begins: a place among those that run at once, what it holds, and the lock that all writes share
 * (docs/decisions/0009-references-and-reindexing.md). Transactions of which no read decides anything are read committed.
 * Audit records have a connection of their own, since answers are recorded while a transaction is open.
 */
import { type Backend, BackendUnavailable, type Transaction } from '@affinity/core/fhir/backend.ts';
import type pg from 'pg';
import type { Database, Query } from './database.ts';
import { storedResource } from './indexed-row.ts';
import { isOutage } from './outage.ts';
import type { ParameterSet } from './parameter-set.ts';
import { type Sql, sql } from './sql.ts';
import { connect, type Stoppable, stoppable } from './stopping.ts';
import { type Ask, createAskWithin } from './time-limit.ts';
import { createTurns } from './turns.ts';
import type { WriteNeighbours } from './write.ts';
import { holdKey, isCanonicalTaken, isConflict, isOutdated, writeLock } from './write-lock.ts';
import { createWithin, deleteWithin, needsAlone, updateWithin, type WriteWithin } from './write-within.ts';

type Transact = NonNullable<Backend['transact']>;
type Reads = Omit<Transaction, 'create' | 'update' | 'delete'>;

export interface TransactNeighbours extends WriteNeighbours {
  /** the interactions that read, on the connection of the transaction */
  readonly readsOn: (database: Database, ask: Ask) => Reads;
  /** milliseconds that one question within a transaction may take */
  readonly questionMilliseconds: number;
}

/** What was begun among others must be done by nobody else at the same time: it begins again so. */
class NeedsAlone extends Error {}

/** Times that one transaction begins, before it is said that the records cannot be reached. */
const attempts = 12;

/** Longer with each attempt, and never the same for two. */
const pause = (attempt: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, Math.random() * Math.min(400, 10 * 2 ** attempt)));

const withinOf = (
  { texts, ownBases, now, readsOn, database, questionMilliseconds }: TransactNeighbours,
  connection: Stoppable,
  set: ParameterSet,
  alone: boolean,
): Transaction => {
  const { query } = connection;
  const write: WriteWithin = { query, set, texts, ownBases, now };
  const demand = (needed: boolean): void => {
    if (needed && !alone) throw new NeedsAlone();
  };
  return {
    ...readsOn({ ...database, query, look: query, on: () => query }, createAskWithin(connection, questionMilliseconds)),
    create: async (input) => {
      demand(needsAlone(storedResource(input, input.content), ownBases));
      return createWithin(write, input);
    },
    update: async (input, filter) => {
      demand(needsAlone(storedResource(input, input.content), ownBases));
      return updateWithin(write, input, filter);
    },
    delete: async (input, filter) => {
      demand(input.type === 'SearchParameter');
      return deleteWithin(write, input, filter);
    },
  };
};

const lock = async (query: Query, keys: readonly string[], alone: boolean): Promise<void> => {
  for (const key of keys) await query(sql`select pg_advisory_lock(${key}::bigint)`);
  await query(
    alone
      ? sql`select pg_advisory_lock(${writeLock}::bigint)`
      : sql`select pg_advisory_lock_shared(${writeLock}::bigint)`,
  );
};

interface Attempt {
  readonly keys: readonly string[];
  readonly alone: boolean;
  readonly isolation: Sql;
  readonly signal: AbortSignal | undefined;
}

/** One attempt. The connection is closed when it cannot be told what it still holds. */
const attemptOn = async <Result>(
  neighbours: TransactNeighbours,
  client: pg.PoolClient,
  set: ParameterSet,
  { keys, alone, isolation, signal }: Attempt,
  work: (within: Transaction) => Promise<Result>,
): Promise<Result> => {
  const connection = stoppable(neighbours.database, client);
  const { query } = connection;
  const unfollow = connection.follow(signal);
  let broken = true;
  try {
    await lock(query, keys, alone);
    await query(sql`begin isolation level ${isolation}`);
    await query(sql`select begin_write(${set.generation}, null)`);
    const result = await work(withinOf(neighbours, connection, set, alone));
    connection.finish();
    await client.query('commit');
    broken = false;
    return result;
  } catch (error) {
    const stopped = connection.stopped();
    // Its connection is closed, and the transaction undone with it.
    if (stopped !== undefined) throw stopped.reason;
    broken = await client.query('rollback').then(
      () => false,
      () => true,
    );
    throw error;
  } finally {
    unfollow();
    // Locks of the session outlive the transaction; without them the connection goes back as it was.
    const freed = broken ? undefined : await client.query('select pg_advisory_unlock_all()').catch(() => undefined);
    await connection.end(freed === undefined);
  }
};

export const createTransact = (neighbours: TransactNeighbours): Transact => {
  const { database, parameters } = neighbours;
  // Half of the pool, so that reads go on beside, and whoever asks for more within its transaction is served.
  const turns = createTurns(Math.max(1, Math.floor((database.pool.options.max ?? 10) / 2)));

  return async (work, hold, readsDecide = true, signal) => {
    // Inserts alone conflict in the pages of the indexes that they look into, and no order of theirs can be told from another.
    const isolation = readsDecide ? sql`serializable` : sql`read committed`;
    const names = [...new Set(hold)].sort();
    const keys = names.map(holdKey).sort();
    const release = await turns.take(names, signal);
    try {
      let set = await parameters.ready();
      let alone = false;
      for (let attempt = 1; ; attempt += 1) {
        const client = await connect(database.pool, signal);
        try {
          const result = await attemptOn(neighbours, client, set, { keys, alone, isolation, signal }, work);
          // Only what runs alone can have changed what is indexed by.
          if (alone) await parameters.refresh().catch(() => {});
          return result;
        } catch (error) {
          if (error instanceof NeedsAlone) alone = true;
          else if (isOutdated(error)) set = await parameters.refresh();
          else if (!isConflict(error) && !isCanonicalTaken(error)) throw error;
          if (attempt >= attempts) throw new BackendUnavailable(error);
          if (isConflict(error)) await pause(attempt);
        }
      }
    } catch (error) {
      throw isOutage(error) ? new BackendUnavailable(error) : error;
    } finally {
      release();
    }
  };
};

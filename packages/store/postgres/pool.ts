/**
 * Connections to PostgreSQL: a pool whose failures are always heard, and a transaction that always ends
 * (PostgreSQL 18 documentation, 3.4; node-postgres.com/apis/pool).
 */
import pg from 'pg';
import { searchPath } from './search-path.ts';

/** How to connect. */
export type PoolOptions = {
  /** `postgresql://user:password@host/database`; a socket folder is a host in percent-encoding. */
  readonly url: string;
  /** Where its tables are; the database's own schema by default. */
  readonly schema?: string;
  /** Connections at most; 10 by default. */
  readonly max?: number;
  /** Milliseconds after which the server cancels a statement; none by default. */
  readonly statementTimeout?: number;
  /**
   * Milliseconds after which we no longer wait for an answer, whatever the server does: it may be frozen, or the network
   * gone. The connection is closed then. None by default.
   */
  readonly queryTimeout?: number;
  /** Milliseconds to wait for a connection, a free one included; 10,000 by default. */
  readonly connectTimeout?: number;
  /** Shown in `pg_stat_activity`. */
  readonly applicationName?: string;
  /** Told of a connection lost while idle. The pool replaces it at the next need; nothing has to be done. */
  readonly onError: (error: Error) => void;
};

/** Makes a pool. Nothing connects before the first query; `pool.end()` closes it. */
export function createPool(options: PoolOptions): pg.Pool {
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.max ?? 10,
    connectionTimeoutMillis: options.connectTimeout ?? 10_000,
    application_name: options.applicationName ?? 'affinity',
    // What a search reads is little and its estimates are high: compiling its plan would take longer than running it.
    options: ['-c jit=off', ...(options.schema === undefined ? [] : [searchPath(options.schema)])].join(' '),
    ...(options.statementTimeout === undefined ? {} : { statement_timeout: options.statementTimeout }),
    ...(options.queryTimeout === undefined ? {} : { query_timeout: options.queryTimeout }),
  });
  pool.on('error', options.onError);
  // A client in use reports its end as a rejected query and as an event; without a listener the event ends the process.
  pool.on('connect', (client) => client.on('error', () => {}));
  return pool;
}

/** How a transaction sees others; PostgreSQL's default is `read committed`. */
export type Isolation = 'read committed' | 'repeatable read' | 'serializable';

/**
 * Runs `work` in a transaction: committed when it resolves, rolled back when it rejects. The connection goes back to the
 * pool in every case, or is closed when its state is not known.
 * @returns what `work` returns, after the commit.
 * @throws what `work` throws, or the error of the commit.
 */
export async function transaction<Result>(
  pool: pg.Pool,
  work: (client: pg.PoolClient) => Promise<Result>,
  isolation: Isolation = 'read committed',
): Promise<Result> {
  const client = await pool.connect();
  let broken = true;
  try {
    await client.query(`begin isolation level ${isolation}`);
    const result = await work(client);
    await client.query('commit');
    broken = false;
    return result;
  } catch (error) {
    broken = await client.query('rollback').then(
      () => false,
      () => true,
    );
    throw error;
  } finally {
    client.release(broken);
  }
}

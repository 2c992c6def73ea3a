/**
 * A PostgreSQL database, read and never written: its sessions are read-only, its statements have a time limit, and one that
 * nobody waits for is cancelled at the server. PostgreSQL 18 documentation, 9.28.2, 20.11.
 */
import { BackendUnavailable } from '@affinity/core/fhir/backend.ts';
import pg from 'pg';
import { type DatabaseFailure, failed, tooSlow, unavailable } from './database-fault.ts';
import type { From, Raw, SelectOptions, SqlEngine } from './engine.ts';
import { kindOf, postgresqlDialect } from './postgresql-dialect.ts';
import { fromMapping, qualified, type Sql, type Statement, sql, toStatement } from './statement.ts';

export interface PostgresqlOptions {
  /** `postgresql://user:password@host/database`; best of a role that can only read */
  readonly url: string;
  readonly connections?: number;
  /** what a statement may take, and how long a connection is waited for */
  readonly statementMilliseconds?: number;
  readonly connectMilliseconds?: number;
  readonly onFailure?: (failure: DatabaseFailure) => void;
}

const defaults = { connections: 5, statementMilliseconds: 10_000, connectMilliseconds: 5_000 };

/** connection_exception, insufficient_resources, operator_intervention, invalid_authorization, cannot_connect_now */
const outageClasses = ['08', '53', '57', '28', '3D'];
const systemCodes = ['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ENOENT', 'ENOTFOUND', 'ETIMEDOUT', 'EHOSTUNREACH'];
const driverMessages = /^(Connection terminated|Client has encountered|Query read timeout|timeout e)/i;

const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
const isOutage = (error: unknown): boolean => {
  const code = codeOf(error);
  if (code === undefined) return error instanceof Error && driverMessages.test(error.message);
  return systemCodes.includes(code) || (code.length === 5 && outageClasses.includes(code.slice(0, 2)));
};

/** Everything comes as the text that PostgreSQL prints. */
const asText = { getTypeParser: () => (value: string) => value } as unknown as pg.CustomTypesConfig;

/** How long a cancellation may take; after that the connection is cut. */
const cancelMilliseconds = 2_000;

const cancel = async (pool: pg.Pool, process: number): Promise<void> => {
  const client = new pg.Client({
    ...pool.options,
    connectionTimeoutMillis: cancelMilliseconds,
    query_timeout: cancelMilliseconds,
  });
  client.on('error', () => {});
  try {
    await client.connect();
    await client.query('select pg_cancel_backend($1)', [process]);
  } finally {
    await client.end().catch(() => {});
  }
};

const sourceOf = (from: From): Sql => (from.kind === 'select' ? fromMapping(from.sql) : qualified(from.names));

export const openPostgresql = (options: PostgresqlOptions): SqlEngine => {
  const { connections, statementMilliseconds, connectMilliseconds } = { ...defaults, ...options };
  const pool = new pg.Pool({
    connectionString: options.url,
    max: connections,
    connectionTimeoutMillis: connectMilliseconds,
    application_name: 'affinity gateway',
    statement_timeout: statementMilliseconds,
    // The server may be frozen, or the network gone: then nobody else ends the wait.
    query_timeout: statementMilliseconds + cancelMilliseconds,
    options:
      '-c default_transaction_read_only=on -c datestyle=ISO,YMD -c timezone=UTC -c intervalstyle=iso_8601 -c jit=off',
  });
  pool.on('error', (error) => options.onFailure?.({ event: 'database-unavailable', code: codeOf(error) ?? '' }));
  // A client in use tells its end as an event too; without a listener that would end the process.
  pool.on('connect', (client) => client.on('error', () => {}));

  const told = (error: unknown): Error => {
    if (error instanceof BackendUnavailable) return error;
    const code = codeOf(error) ?? '';
    if (code === '57014' || (error instanceof Error && error.message === 'Query read timeout')) {
      options.onFailure?.({ event: 'database-too-slow', code });
      return tooSlow();
    }
    const outage = isOutage(error);
    options.onFailure?.({ event: outage ? 'database-unavailable' : 'database-failed', code });
    return outage ? unavailable() : failed();
  };

  const connect = async (signal: AbortSignal | undefined): Promise<pg.PoolClient> => {
    signal?.throwIfAborted();
    const connecting = pool.connect();
    const { promise: gone, reject } = Promise.withResolvers<never>();
    const hangUp = (): void => reject(signal?.reason);
    signal?.addEventListener('abort', hangUp, { once: true });
    try {
      return await Promise.race([connecting, gone]);
    } catch (error) {
      connecting.then(
        (client) => client.release(),
        () => {},
      );
      throw signal?.aborted ? signal.reason : told(error);
    } finally {
      signal?.removeEventListener('abort', hangUp);
    }
  };

  const run = async (statement: Statement, signal?: AbortSignal): Promise<pg.QueryArrayResult<Raw[]>> => {
    const client = await connect(signal);
    if (signal?.aborted) {
      client.release();
      throw signal.reason;
    }
    const process = 'processID' in client && typeof client.processID === 'number' ? client.processID : undefined;
    let cancelling: Promise<boolean> | undefined;
    const hangUp = (): void => {
      cancelling ??=
        process === undefined
          ? Promise.resolve(false)
          : cancel(pool, process).then(
              () => true,
              () => false,
            );
      // Where the server does not answer a cancellation, the connection is cut, so that nobody waits for it.
      void cancelling.then((isDone) => isDone || client.release(true));
    };
    signal?.addEventListener('abort', hangUp, { once: true });
    let broken = false;
    try {
      const query = { text: statement.text, values: [...statement.values], rowMode: 'array', types: asText } as const;
      return await client.query<Raw[]>(query);
    } catch (error) {
      // What the server tells of a statement leaves the connection as it was; what it tells of the session ends it.
      broken = !(error instanceof pg.DatabaseError) || (isOutage(error) && codeOf(error) !== '57014');
      if (signal?.aborted) throw signal.reason;
      throw error;
    } finally {
      signal?.removeEventListener('abort', hangUp);
      // A connection whose cancellation is on its way is not given to anybody else.
      if (cancelling === undefined || (await cancelling)) client.release(broken || cancelling !== undefined);
    }
  };

  const fieldsOf = async (from: From) =>
    (await run(toStatement(sql`select * from ${sourceOf(from)} as source limit 0`, postgresqlDialect.place))).fields;

  return {
    dialect: postgresqlDialect,
    source: sourceOf,
    async columns(from) {
      try {
        const fields = await fieldsOf(from);
        return {
          from,
          columns: fields.map(({ name: column, dataTypeID }) => ({ name: column, kind: kindOf(dataTypeID) })),
        };
      } catch (error) {
        if (!(error instanceof pg.DatabaseError) || isOutage(error)) throw told(error);
        // PostgreSQL makes names small that were created without quotes.
        const small = from.kind === 'table' ? from.names.map((one) => one.toLowerCase()) : [];
        if (from.kind === 'table' && small.join('.') !== from.names.join('.'))
          return this.columns({ kind: 'table', names: small });
        return { fault: error instanceof Error ? error.message : '' };
      }
    },
    async select(statement, { signal }: SelectOptions = {}) {
      try {
        return (await run(statement, signal)).rows;
      } catch (error) {
        throw signal?.aborted ? signal.reason : told(error);
      }
    },
    close: () => pool.end(),
  };
};

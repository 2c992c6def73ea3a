/**
 * How long a question may take, and what becomes of it when the caller hangs up: the statement that runs is cancelled at
 * the server. PostgreSQL 18 documentation, 9.28.2 (pg_cancel_backend).
 */
import { BackendTooSlow } from '@affinity/core/fhir/backend.ts';
import pg from 'pg';
import type { Database, Query } from './database.ts';

/**
 * Answers a question by statements that end within its time.
 * @throws BackendTooSlow when the time is up; the reason of `signal` when it was aborted.
 */
export type Ask = <Result>(work: (query: Query) => Promise<Result>, signal?: AbortSignal) => Promise<Result>;

/** Milliseconds that a cancellation may take. When it fails, the connection is cut instead. */
const cancelPatience = 2_000;

const processOf = (client: pg.PoolClient): number | undefined =>
  'processID' in client && typeof client.processID === 'number' ? client.processID : undefined;

/** On a connection of its own, because all of the pool's may be in questions that take too long. */
const cancelStatement = async (pool: pg.Pool, process: number): Promise<void> => {
  const client = new pg.Client({
    ...pool.options,
    connectionTimeoutMillis: cancelPatience,
    query_timeout: cancelPatience,
  });
  client.on('error', () => {});
  try {
    await client.connect();
    await client.query('select pg_cancel_backend($1)', [process]);
  } finally {
    await client.end().catch(() => {});
  }
};

const isCancellation = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === '57014';

/** A connection; who hangs up no longer waits for one, and it goes back when it comes. */
const connect = async (pool: pg.Pool, signal: AbortSignal | undefined): Promise<pg.PoolClient> => {
  if (signal === undefined) return pool.connect();
  signal.throwIfAborted();
  const connecting = pool.connect();
  const { promise: gone, reject } = Promise.withResolvers<never>();
  const hangUp = (): void => reject(signal.reason);
  signal.addEventListener('abort', hangUp, { once: true });
  try {
    return await Promise.race([connecting, gone]);
  } catch (error) {
    connecting.then(
      (client) => client.release(),
      () => {},
    );
    throw error;
  } finally {
    signal.removeEventListener('abort', hangUp);
  }
};

/**
 * All statements of a question run on one connection, which nobody else has until the question has ended and its
 * cancellation has been answered; then it is closed. So a cancellation that comes late meets no other's statement. A
 * question that ends in time costs a timer and nothing else.
 */
export const createAsk =
  ({ pool, on }: Pick<Database, 'pool' | 'on'>, milliseconds: number): Ask =>
  async (work, signal) => {
    const client = await connect(pool, signal);
    const process = processOf(client);
    let stopped: { readonly reason: unknown } | undefined;
    let cancelled: Promise<void> | undefined;
    let released = false;
    const release = (broken: boolean): void => {
      if (!released) client.release(broken);
      released = true;
    };
    const stop = (reason: unknown): void => {
      if (stopped !== undefined) return;
      stopped = { reason };
      cancelled = (
        process === undefined ? Promise.reject(new Error('no process')) : cancelStatement(pool, process)
      ).catch(() => release(true));
    };
    const hangUp = (): void => stop(signal?.reason);
    signal?.addEventListener('abort', hangUp, { once: true });
    if (signal?.aborted) hangUp();
    const timer = setTimeout(() => stop(new BackendTooSlow()), milliseconds);
    const run = on(client);
    let broken = false;
    const query: Query = async (statement) => {
      if (stopped !== undefined) throw stopped.reason;
      try {
        return await run(statement);
      } catch (error) {
        // An error that the server tells leaves the connection as it was; after any other its state is not known.
        broken ||= !(error instanceof pg.DatabaseError);
        throw error;
      }
    };
    try {
      return await work(query);
    } catch (error) {
      if (stopped !== undefined) throw stopped.reason;
      throw isCancellation(error) ? new BackendTooSlow(error) : error;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', hangUp);
      await cancelled;
      release(broken || stopped !== undefined);
    }
  };

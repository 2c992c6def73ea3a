/**
 * A connection of the pool whose work can be ended from outside: the statement that runs is cancelled at the server.
 * PostgreSQL 18 documentation, 9.28.2 (pg_cancel_backend).
 */
import pg from 'pg';
import type { Database, Query } from './database.ts';

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

export const isCancellation = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === '57014';

/** A connection; who hangs up no longer waits for one, and it goes back when it comes. */
export const connect = async (pool: pg.Pool, signal: AbortSignal | undefined): Promise<pg.PoolClient> => {
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

/** One connection, in one hand from `stoppable` to `end`. */
export interface Stoppable {
  /** as the connection's own; once stopped, every statement rejects with the reason */
  readonly query: Query;
  /** Ends the statement that runs, and all that would follow. The first reason counts. */
  stop(reason: unknown): void;
  /** Stops with the signal's reason when it is aborted. @returns how to listen no longer */
  follow(signal: AbortSignal | undefined): () => void;
  /** What is done now is finished: nothing stops it any more. @throws the reason, where it was stopped before */
  finish(): void;
  /** why it was stopped */
  stopped(): { readonly reason: unknown } | undefined;
  /** Gives the connection back when a cancellation that was sent has been answered; then nobody else's is met by it. */
  end(broken: boolean): Promise<void>;
}

export const stoppable = ({ pool, on }: Pick<Database, 'pool' | 'on'>, client: pg.PoolClient): Stoppable => {
  const process = processOf(client);
  const run = on(client);
  let stopped: { readonly reason: unknown } | undefined;
  let cancelled: Promise<void> | undefined;
  let finishing = false;
  let failed = false;
  let released = false;
  const release = (broken: boolean): void => {
    if (!released) client.release(broken);
    released = true;
  };
  const stop = (reason: unknown): void => {
    if (stopped !== undefined || finishing) return;
    stopped = { reason };
    cancelled = (
      process === undefined ? Promise.reject(new Error('no process')) : cancelStatement(pool, process)
    ).catch(() => release(true));
  };
  return {
    stop,
    stopped: () => stopped,
    finish: () => {
      if (stopped !== undefined) throw stopped.reason;
      finishing = true;
    },
    follow: (signal) => {
      const hangUp = (): void => stop(signal?.reason);
      signal?.addEventListener('abort', hangUp, { once: true });
      if (signal?.aborted) hangUp();
      return () => signal?.removeEventListener('abort', hangUp);
    },
    query: async (statement) => {
      if (stopped !== undefined) throw stopped.reason;
      try {
        return await run(statement);
      } catch (error) {
        // An error that the server tells leaves the connection as it was; after any other its state is not known.
        failed ||= !(error instanceof pg.DatabaseError);
        throw error;
      }
    },
    end: async (broken) => {
      await cancelled;
      release(broken || failed || stopped !== undefined);
    },
  };
};

/**
 * How long a question may take, and what becomes of it when the caller hangs up: the statement that runs is cancelled at
 * the server. PostgreSQL 18 documentation, 9.28.2 (pg_cancel_backend).
 */
import { BackendTooSlow } from '@affinity/core/fhir/backend.ts';
import type { Database, Query } from './database.ts';
import { connect, isCancellation, type Stoppable, stoppable } from './stopping.ts';

/**
 * Answers a question by statements that end within its time.
 * @throws BackendTooSlow when the time is up; the reason of `signal` when it was aborted.
 */
export type Ask = <Result>(work: (query: Query) => Promise<Result>, signal?: AbortSignal) => Promise<Result>;

/**
 * All statements of a question run on one connection, which nobody else has until the question has ended and its
 * cancellation has been answered; then it is closed. So a cancellation that comes late meets no other's statement. A
 * question that ends in time costs a timer and nothing else.
 */
export const createAsk =
  (database: Pick<Database, 'pool' | 'on'>, milliseconds: number): Ask =>
  async (work, signal) => {
    const connection = stoppable(database, await connect(database.pool, signal));
    const unfollow = connection.follow(signal);
    const timer = setTimeout(() => connection.stop(new BackendTooSlow()), milliseconds);
    try {
      return await work(connection.query);
    } catch (error) {
      const stopped = connection.stopped();
      if (stopped !== undefined) throw stopped.reason;
      throw isCancellation(error) ? new BackendTooSlow(error) : error;
    } finally {
      clearTimeout(timer);
      unfollow();
      await connection.end(false);
    }
  };

/** A question within work that can be stopped: when its time is up, or its caller gone, all of that work is. */
export const createAskWithin =
  (connection: Stoppable, milliseconds: number): Ask =>
  async (work, signal) => {
    const unfollow = connection.follow(signal);
    const timer = setTimeout(() => connection.stop(new BackendTooSlow()), milliseconds);
    try {
      return await work(connection.query);
    } finally {
      clearTimeout(timer);
      unfollow();
    }
  };

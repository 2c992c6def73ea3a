/**
 * Short statements by a key, each a transaction of its own: on the connection that many share where there is one, else on one
 * of a pool (PostgreSQL 18 documentation, 54.2.4), or on the one connection that holds a transaction.
 */
import type pg from 'pg';
import type { SharedConnection } from './shared-connection.ts';

/** A statement with a name is parsed once on each connection. */
export type Look = SharedConnection['query'];

export const lookOn =
  (runner: pg.Pool | pg.PoolClient): Look =>
  async <Row>(statement: Parameters<Look>[0]) =>
    (await runner.query(statement)).rows as Row[];

export const lookThrough = (pool: pg.Pool, shared?: SharedConnection): Look => shared?.query ?? lookOn(pool);

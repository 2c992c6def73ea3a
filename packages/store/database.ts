/** How the store speaks to PostgreSQL: fragments in, rows out, each text of a statement parsed once per connection. */
import type pg from 'pg';
import { createStatementNames, type Sql, toStatement } from './sql.ts';

/** Runs one statement on whatever runs it: the pool, or the connection that holds a transaction. */
export type Query = <Row>(statement: Sql) => Promise<readonly Row[]>;

export interface Database {
  readonly pool: pg.Pool;
  readonly query: Query;
  /** the same on a connection of its own, for statements that belong to one transaction */
  readonly on: (client: pg.PoolClient) => Query;
}

export const createDatabase = (pool: pg.Pool): Database => {
  const named = createStatementNames();
  const on =
    (runner: pg.Pool | pg.PoolClient): Query =>
    async <Row>(statement: Sql) =>
      (await runner.query(named(toStatement(statement)))).rows as Row[];
  return { pool, query: on(pool), on };
};

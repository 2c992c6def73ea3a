/** How the store speaks to PostgreSQL: fragments in, rows out, each text of a statement parsed once per connection. */
import type pg from 'pg';
import type { SharedConnection } from './postgres/shared-connection.ts';
import { createStatementNames, type Sql, toStatement } from './sql.ts';

/** Runs one statement on whatever runs it: the pool, or the connection that holds a transaction. */
export type Query = <Row>(statement: Sql) => Promise<readonly Row[]>;

export interface Database {
  readonly pool: pg.Pool;
  readonly query: Query;
  /** for statements that read one row by its key: on the connection that they share, where there is one */
  readonly look: Query;
  /** as `query`, on a connection of its own, for statements that belong to one transaction */
  readonly on: (client: pg.PoolClient) => Query;
}

export const createDatabase = (pool: pg.Pool, shared?: SharedConnection): Database => {
  const named = createStatementNames();
  const on =
    (runner: pg.Pool | pg.PoolClient): Query =>
    async <Row>(statement: Sql) =>
      (await runner.query(named(toStatement(statement)))).rows as Row[];
  const query = on(pool);
  const look: Query = (statement) =>
    shared === undefined ? query(statement) : shared.query(named(toStatement(statement)));
  return { pool, query, look, on };
};

/**
 * Short statements by a key, each a transaction of its own: on the connection that many share where there is one, else on one
 * of a pool (PostgreSQL 18 documentation, 54.2.4), or on the one connection that holds a transaction.
 */
import type pg from 'pg';
import type { SharedConnection } from './shared-connection.ts';

/** A statement with a name is parsed once on each connection. */
export type Look = SharedConnection['query'];

/** A row as PostgreSQL prints it as JSON: instants are text. */
export type AsJson<Row> = {
  readonly [Column in keyof Row]: Date extends Row[Column] ? Exclude<Row[Column], Date> | string : Row[Column];
};

/** One row in one column: a wide row costs less to send and to read so than column by column. */
export const asJson = (select: string): string => `select row_to_json(found) as found from (${select}) found`;

export async function lookOne<Row>(look: Look, statement: Parameters<Look>[0]): Promise<AsJson<Row> | undefined> {
  const [row] = await look<{ readonly found: AsJson<Row> }>(statement);
  return row?.found;
}

export const lookOn =
  (runner: pg.Pool | pg.PoolClient): Look =>
  async <Row>(statement: Parameters<Look>[0]) =>
    (await runner.query(statement)).rows as Row[];

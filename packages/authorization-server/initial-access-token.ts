/** What an operator hands to somebody who shall register an app: shown once, for so many apps, until then. RFC 7591 §1.2, §3. */
import { randomBytes, randomUUID } from 'node:crypto';
import type pg from 'pg';
import { hashOf } from './adapter.ts';

type Queryable = pg.Pool | pg.PoolClient;

export interface InitialAccessToken {
  readonly id: string;
  readonly note: string;
  /** all that an app registered with it may ever ask for; absent: anything but `system/` */
  readonly scope?: string;
}

export interface NewInitialAccessToken extends Omit<InitialAccessToken, 'id'> {
  readonly uses: number;
  readonly createdAt: Date;
  readonly expiresAt: Date;
}

interface Row {
  readonly id: string;
  readonly note: string;
  readonly scope: string | null;
}

const tokenOf = ({ id, note, scope }: Row): InitialAccessToken => ({ id, note, ...(scope === null ? {} : { scope }) });

/** @returns the token itself, which is kept nowhere */
export async function addInitialToken(
  db: Queryable,
  { note, scope, uses, createdAt, expiresAt }: NewInitialAccessToken,
): Promise<{ readonly id: string; readonly token: string }> {
  const [id, token] = [randomUUID(), randomBytes(32).toString('base64url')];
  await db.query(
    `insert into initial_access_token (id, token, note, scope, uses_left, created_at, expires_at)
     values ($1, $2, $3, $4, $5, $6, $7)`,
    [id, hashOf(token), note, scope ?? null, uses, createdAt, expiresAt],
  );
  return { id, token };
}

/** Whether it could be used now. */
export async function findInitialToken(
  db: Queryable,
  token: string,
  at: Date,
): Promise<InitialAccessToken | undefined> {
  const { rows } = await db.query<Row>(
    'select id, note, scope from initial_access_token where token = $1 and uses_left > 0 and expires_at > $2',
    [hashOf(token), at],
  );
  return rows[0] === undefined ? undefined : tokenOf(rows[0]);
}

/** One statement: of several at once, as many are told yes as there are uses left. */
export async function useInitialToken(db: Queryable, token: string, at: Date): Promise<boolean> {
  const { rowCount } = await db.query(
    `update initial_access_token set uses_left = uses_left - 1
     where token = $1 and uses_left > 0 and expires_at > $2`,
    [hashOf(token), at],
  );
  return rowCount === 1;
}

export interface ListedToken extends InitialAccessToken {
  readonly usesLeft: number;
  readonly expiresAt: Date;
}

export async function listInitialTokens(db: Queryable, at: Date): Promise<readonly ListedToken[]> {
  const { rows } = await db.query<Row & { uses_left: number; expires_at: Date }>(
    `select id, note, scope, uses_left, expires_at from initial_access_token
     where uses_left > 0 and expires_at > $1 order by created_at`,
    [at],
  );
  return rows.map((row) => ({ ...tokenOf(row), usesLeft: row.uses_left, expiresAt: row.expires_at }));
}

export async function endInitialToken(db: Queryable, id: string): Promise<boolean> {
  const { rowCount } = await db.query('delete from initial_access_token where id::text = $1', [id]);
  return rowCount === 1;
}

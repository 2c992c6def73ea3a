/**
 * Access tokens that say nothing to whoever holds them: 256 random bits, whose claims stand in the database under the hash
 * of the token. RFC 6749 §1.4, §10.10; RFC 7662; RFC 9700 §4.3.
 */
import { randomBytes } from 'node:crypto';
import type { AccessTokenClaims } from '@affinity/core/smart/launch-context.ts';
import type pg from 'pg';
import { hashOf } from './adapter.ts';

type Queryable = pg.Pool | pg.PoolClient;

/** A signed token has dots. */
export const isReference = (token: string): boolean => /^[A-Za-z0-9_-]{43}$/.test(token);

/** What is kept of one. */
export interface ReferenceTokenRow {
  readonly hash: Buffer;
  /** as JSON */
  readonly claims: string;
  readonly grantId: string | null;
  readonly expiresAt: Date;
}

/** It is worth nothing before its row is stored. */
export function makeReferenceToken(claims: AccessTokenClaims): {
  readonly token: string;
  readonly row: ReferenceTokenRow;
} {
  const token = randomBytes(32).toString('base64url');
  const [hash, expiresAt] = [hashOf(token), new Date(claims.exp * 1000)];
  return { token, row: { hash, claims: JSON.stringify(claims), grantId: claims.grant_id ?? null, expiresAt } };
}

/** @param db in a transaction its own connection: the token is there once what it belongs to is */
export async function storeReferenceToken(db: Queryable, row: ReferenceTokenRow | undefined): Promise<void> {
  if (row === undefined) return;
  await db.query('insert into access_token (token, claims, grant_id, expires_at) values ($1, $2, $3, $4)', [
    row.hash,
    row.claims,
    row.grantId,
    row.expiresAt,
  ]);
}

/** The claims of a token that has not expired and was not taken back. */
export async function findReferenceToken(
  db: Queryable,
  token: string,
  at: Date,
): Promise<AccessTokenClaims | undefined> {
  if (!isReference(token)) return undefined;
  const { rows } = await db.query<{ claims: AccessTokenClaims }>(
    'select claims from access_token where token = $1 and expires_at > $2',
    [hashOf(token), at],
  );
  return rows[0]?.claims;
}

/** Takes one token back. */
export async function dropReferenceToken(db: Queryable, token: string): Promise<void> {
  await db.query('delete from access_token where token = $1', [hashOf(token)]);
}

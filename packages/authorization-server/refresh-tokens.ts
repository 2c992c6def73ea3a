/**
 * Refresh tokens: used once, each followed by its successor. Only their hashes are stored, and the answer to the first use
 * is sealed under a key that only the token itself gives. RFC 9700 §4.14.2.
 */
import { randomBytes } from 'node:crypto';
import type pg from 'pg';
import { hashOf } from './adapter.ts';
import { openText, sealText } from './sealed-text.ts';

export interface RefreshRow {
  readonly grantId: string;
  readonly expiresAt: Date;
  readonly consumedAt: Date | null;
  readonly answer: Buffer | null;
  /** thumbprint of the key to whose holder it is bound */
  readonly jkt: string | null;
}

/** A new token of a grant: 256 random bits. */
export async function addRefreshToken(
  db: pg.PoolClient,
  grantId: string,
  at: Date,
  expiresAt: Date,
  jkt?: string,
): Promise<string> {
  const token = randomBytes(32).toString('base64url');
  await db.query(
    'insert into refresh_token (token, grant_id, created_at, expires_at, jkt) values ($1, $2, $3, $4, $5)',
    [hashOf(token), grantId, at, expiresAt, jkt ?? null],
  );
  return token;
}

export async function findRefreshToken(db: pg.Pool | pg.PoolClient, token: string): Promise<RefreshRow | undefined> {
  const { rows } = await db.query<{
    grant_id: string;
    expires_at: Date;
    consumed_at: Date | null;
    answer: Buffer | null;
    jkt: string | null;
  }>('select grant_id, expires_at, consumed_at, answer, jkt from refresh_token where token = $1', [hashOf(token)]);
  const [row] = rows;
  if (row === undefined) return undefined;
  const { grant_id: grantId, expires_at: expiresAt, consumed_at: consumedAt, answer, jkt } = row;
  return { grantId, expiresAt, consumedAt, answer, jkt };
}

/** client_id of the app that it was given to */
export async function clientOfRefreshToken(db: pg.Pool, token: string): Promise<string | undefined> {
  const { rows } = await db.query<{ client_id: string }>(
    `select g.client_id from refresh_token r join authorization_grant g on g.id = r.grant_id where r.token = $1`,
    [hashOf(token)],
  );
  return rows[0]?.client_id;
}

/** One statement. @returns whether this use is the first */
export async function consumeRefreshToken(
  db: pg.PoolClient,
  token: string,
  at: Date,
  answer: string,
): Promise<boolean> {
  const { rowCount } = await db.query(
    'update refresh_token set consumed_at = $2, answer = $3 where token = $1 and consumed_at is null',
    [hashOf(token), at, sealText(token, 'affinity refresh answer', answer)],
  );
  return rowCount === 1;
}

/** @throws Error where the answer is of another token */
export const openAnswer = (token: string, sealed: Buffer): string => openText(token, 'affinity refresh answer', sealed);

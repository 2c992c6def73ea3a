/**
 * Refresh tokens: used once, each followed by its successor. Only their hashes are stored, and the answer to the first use
 * is sealed under a key that only the token itself gives. RFC 9700 §4.14.2.
 */
import { randomBytes } from 'node:crypto';
import { asJson, type Look, lookOne } from '@affinity/store/postgres/look.ts';
import type pg from 'pg';
import { hashOf } from './adapter.ts';
import { factColumns, factsOf, type GrantFacts, type GrantFactsRow, grantLives, joinedPerson } from './grant-facts.ts';
import { openText, sealText } from './sealed-text.ts';
import type { LivingSession } from './session-rows.ts';

export interface RefreshRow {
  readonly grantId: string;
  readonly expiresAt: Date;
  readonly consumedAt: Date | null;
  readonly answer: Buffer | null;
  /** thumbprint of the key to whose holder it is bound */
  readonly jkt: string | null;
}

/** What is kept of a new token. */
export interface RefreshTokenRow {
  readonly hash: Buffer;
  readonly grantId: string;
  readonly at: Date;
  readonly expiresAt: Date;
  readonly jkt: string | null;
}

/** 256 random bits. It is worth nothing before its row is stored. */
export function makeRefreshToken(
  grantId: string,
  at: Date,
  expiresAt: Date,
  jkt?: string,
): { readonly token: string; readonly row: RefreshTokenRow } {
  const token = randomBytes(32).toString('base64url');
  return { token, row: { hash: hashOf(token), grantId, at, expiresAt, jkt: jkt ?? null } };
}

export async function storeRefreshToken(db: pg.PoolClient, row: RefreshTokenRow | undefined): Promise<void> {
  if (row === undefined) return;
  await db.query(
    'insert into refresh_token (token, grant_id, created_at, expires_at, jkt) values ($1, $2, $3, $4, $5)',
    [row.hash, row.grantId, row.at, row.expiresAt, row.jkt],
  );
}

/** A token, its grant where that lives, and the session in which the grant was given that lives for as long as it does. */
export interface RefreshFacts {
  readonly row: RefreshRow;
  readonly facts?: GrantFacts;
  readonly session?: LivingSession;
}

interface FactsRow extends GrantFactsRow {
  readonly grant_id: string;
  readonly token_expires_at: Date;
  readonly consumed_at: Date | null;
  /** base64 */
  readonly answer: string | null;
  readonly jkt: string | null;
  readonly living_uid: string | null;
  readonly session_shared: boolean | null;
  readonly session_expires_at: Date | null;
}

const byToken = {
  name: 'refresh-facts',
  text: asJson(`select r.grant_id, r.expires_at as token_expires_at, r.consumed_at, encode(r.answer, 'base64') as answer, r.jkt,
      s.uid as living_uid, s.shared as session_shared, s.expires_at as session_expires_at, ${factColumns}
    from refresh_token r left join authorization_grant g on g.id = r.grant_id and ${grantLives} ${joinedPerson}
      left join sign_in_session s
        on g.online and s.uid = g.session_uid and s.sub = g.sub and s.ended_at is null and s.expires_at > $2
    where r.token = $1`),
};

/** In one statement; undefined where nobody knows the token. */
export async function findRefreshToken(look: Look, token: string, at: Date): Promise<RefreshFacts | undefined> {
  const found = await lookOne<FactsRow>(look, { ...byToken, values: [hashOf(token), at] });
  if (found === undefined) return undefined;
  const { grant_id: grantId, token_expires_at: expires, consumed_at: consumed, answer, jkt } = found;
  const { living_uid: uid, session_shared: shared, session_expires_at: until } = found;
  const facts = factsOf(found);
  return {
    row: {
      grantId,
      expiresAt: new Date(expires),
      consumedAt: consumed === null ? null : new Date(consumed),
      answer: answer === null ? null : Buffer.from(answer, 'base64'),
      jkt,
    },
    ...(facts === undefined ? {} : { facts }),
    ...(uid === null || shared === null || until === null
      ? {}
      : { session: { uid, shared, expiresAt: new Date(until) } }),
  };
}

/** client_id of the app that it was given to */
export async function clientOfRefreshToken(db: pg.Pool, token: string): Promise<string | undefined> {
  const { rows } = await db.query<{ client_id: string }>(
    `select g.client_id from refresh_token r join authorization_grant g on g.id = r.grant_id where r.token = $1`,
    [hashOf(token)],
  );
  return rows[0]?.client_id;
}

export const sealAnswer = (token: string, answer: string): Buffer => sealText(token, 'affinity refresh answer', answer);
/** @throws Error where the answer is of another token */
export const openAnswer = (token: string, sealed: Buffer): string => openText(token, 'affinity refresh answer', sealed);

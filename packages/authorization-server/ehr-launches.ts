/**
 * Launches that a record system asked for: one row from the handle to the grant that comes of it, used once. SMART App
 * Launch 2.2, "Launch App: EHR Launch"; docs/decisions/0017-ehr-launch.md.
 */
import { randomBytes } from 'node:crypto';
import type { LaunchContext } from '@affinity/core/smart/launch-context.ts';
import type pg from 'pg';
import { hashOf } from './adapter.ts';
import type { Grant } from './grants.ts';

export interface EhrLaunch {
  /** SHA-256 of the handle, in base64url: what is kept and passed on in its stead */
  readonly digest: string;
  readonly clientId: string;
  /** who is signed in to the record system */
  readonly sub: string;
  readonly audience: string;
  /** bare id */
  readonly patient?: string;
  readonly context: LaunchContext;
  readonly expiresAt: Date;
  readonly used?: UsedLaunch;
}

export interface UsedLaunch {
  readonly grantId: string;
  /** SHA-256 of the interaction, where a person was asked */
  readonly interaction?: Buffer;
}

export interface NewLaunch extends Omit<EhrLaunch, 'digest' | 'used'> {
  /** client_id of the record system */
  readonly ehr: string;
  readonly createdAt: Date;
}

type Queryable = pg.Pool | pg.PoolClient;

interface Row {
  readonly client_id: string;
  readonly sub: string;
  readonly audience: string;
  readonly patient: string | null;
  readonly context: LaunchContext;
  readonly expires_at: Date;
  readonly grant_id: string | null;
  readonly used_in: Buffer | null;
}

/** @returns the handle, which nothing but its hash is kept of */
export async function addLaunch(db: Queryable, launch: NewLaunch): Promise<string> {
  const handle = randomBytes(32).toString('base64url');
  await db.query(
    `insert into ehr_launch (handle, client_id, ehr, sub, audience, patient, context, created_at, expires_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [
      hashOf(handle),
      launch.clientId,
      launch.ehr,
      launch.sub,
      launch.audience,
      launch.patient ?? null,
      JSON.stringify(launch.context),
      launch.createdAt,
      launch.expiresAt,
    ],
  );
  return handle;
}

export const digestOf = (handle: string): string => hashOf(handle).toString('base64url');

/** Used or not, over or not: whoever asks judges. */
export async function findLaunch(db: Queryable, digest: string): Promise<EhrLaunch | undefined> {
  const { rows } = await db.query<Row>(
    'select client_id, sub, audience, patient, context, expires_at, grant_id, used_in from ehr_launch where handle = $1',
    [Buffer.from(digest, 'base64url')],
  );
  const [row] = rows;
  if (row === undefined) return undefined;
  return {
    digest,
    clientId: row.client_id,
    sub: row.sub,
    audience: row.audience,
    ...(row.patient === null ? {} : { patient: row.patient }),
    context: row.context,
    expiresAt: row.expires_at,
    ...(row.grant_id === null
      ? {}
      : { used: { grantId: row.grant_id, ...(row.used_in === null ? {} : { interaction: row.used_in }) } }),
  };
}

/** Somebody else was quicker with the same handle. */
export class LaunchUsed extends Error {
  override readonly name = 'LaunchUsed';
}

/**
 * In the transaction that gives the grant: of several at once, exactly one gets it.
 * @throws LaunchUsed
 */
export async function useLaunch(
  db: pg.PoolClient,
  digest: string,
  { id, sub, clientId, audience }: Pick<Grant, 'id' | 'sub' | 'clientId' | 'audience'>,
  at: Date,
  interaction?: string,
): Promise<void> {
  const { rowCount } = await db.query(
    `update ehr_launch set used_at = $2, grant_id = $6, used_in = $7
     where handle = $1 and used_at is null and sub = $3 and client_id = $4 and audience = $5`,
    [
      Buffer.from(digest, 'base64url'),
      at,
      sub,
      clientId,
      audience,
      id,
      interaction === undefined ? null : hashOf(interaction),
    ],
  );
  if (rowCount !== 1) throw new LaunchUsed();
}

/** What a person allowed an app: one row from the consent to its end. RFC 6749 §1.3; RFC 7009; SMART App Launch 2.2. */
import { randomUUID } from 'node:crypto';
import type pg from 'pg';

export interface Grant {
  readonly id: string;
  readonly sub: string;
  readonly clientId: string;
  /** base of the resource server */
  readonly audience: string;
  /** what the app asked for, as far as it may have it */
  readonly requestedScope: string;
  readonly scope: string;
  readonly patient?: string;
  readonly clearance?: string;
  /** codes of v3-ActReason that the app asked for, separated by a space; absent: what follows from who signed in */
  readonly purpose?: string;
  /** may have refresh tokens */
  readonly lasting: boolean;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  /** seconds since the epoch */
  readonly authTime?: number;
}

/** Tells every resource server that the tokens of a grant are dead. `expiresAt`: when the last of them dies by itself. */
export type EndGrant = (
  client: pg.Pool | pg.PoolClient,
  grantId: string,
  reason: string,
  expiresAt: Date,
) => Promise<unknown>;

export type EndReason =
  | 'revoked-by-app'
  | 'revoked-by-person'
  | 'code-replayed'
  | 'refresh-token-replayed'
  | 'consent-withdrawn'
  | 'person-gone';

type Queryable = pg.Pool | pg.PoolClient;

const columns = `id, sub, client_id, audience, requested_scope, scope, patient, clearance, purpose, lasting, created_at, expires_at, auth_time`;

interface Row {
  readonly id: string;
  readonly sub: string;
  readonly client_id: string;
  readonly audience: string;
  readonly requested_scope: string;
  readonly scope: string;
  readonly patient: string | null;
  readonly clearance: string | null;
  readonly purpose: string | null;
  readonly lasting: boolean;
  readonly created_at: Date;
  readonly expires_at: Date;
  readonly auth_time: string | null;
}

const grantOf = (row: Row): Grant => ({
  id: row.id,
  sub: row.sub,
  clientId: row.client_id,
  audience: row.audience,
  requestedScope: row.requested_scope,
  scope: row.scope,
  ...(row.patient === null ? {} : { patient: row.patient }),
  ...(row.clearance === null ? {} : { clearance: row.clearance }),
  ...(row.purpose === null ? {} : { purpose: row.purpose }),
  lasting: row.lasting,
  createdAt: row.created_at,
  expiresAt: row.expires_at,
  ...(row.auth_time === null ? {} : { authTime: Number(row.auth_time) }),
});

export type NewGrant = Omit<Grant, 'id' | 'authTime'>;

/** The row alone: its Consent is written in the same transaction (grant-consents.ts). */
export async function addGrant(db: pg.PoolClient, grant: NewGrant): Promise<Grant> {
  const { rows } = await db.query<Row>(
    `insert into authorization_grant
       (id, sub, client_id, audience, requested_scope, scope, patient, clearance, purpose, lasting, created_at, expires_at,
        consent_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $11) returning ${columns}`,
    [
      randomUUID(),
      grant.sub,
      grant.clientId,
      grant.audience,
      grant.requestedScope,
      grant.scope,
      grant.patient ?? null,
      grant.clearance ?? null,
      grant.purpose ?? null,
      grant.lasting,
      grant.createdAt,
      grant.expiresAt,
    ],
  );
  const [row] = rows;
  if (row === undefined) throw new Error('The grant was not stored.');
  return grantOf(row);
}

/** Those that a condition of SQL finds. */
export async function grantsOf(
  db: Queryable,
  condition: string,
  values: readonly unknown[],
): Promise<readonly Grant[]> {
  const { rows } = await db.query<Row>(`select ${columns} from authorization_grant where ${condition}`, [...values]);
  return rows.map(grantOf);
}

/** Undefined where it is unknown, over or ended. What is left of it, its Consent says (grant-consents.ts). */
export async function findLiveGrant(db: Queryable, id: string, at: Date): Promise<Grant | undefined> {
  return (await grantsOf(db, 'id = $1 and ended_at is null and expires_at > $2', [id, at]))[0];
}

/** The latest lasting consents of a person to an app for one resource server, newest first. */
export async function findEarlierGrants(
  db: Queryable,
  { sub, clientId, audience }: Pick<Grant, 'sub' | 'clientId' | 'audience'>,
  at: Date,
): Promise<readonly Grant[]> {
  return grantsOf(
    db,
    `sub = $1 and client_id = $2 and audience = $3 and lasting and redeemed_at is not null
       and ended_at is null and expires_at > $4
     order by created_at desc limit 20`,
    [sub, clientId, audience, at],
  );
}

export async function noteGrantUse(db: Queryable, id: string, at: Date, authTime?: number): Promise<void> {
  await db.query(
    `update authorization_grant set last_used_at = $2, redeemed_at = coalesce(redeemed_at, $2),
       auth_time = coalesce(auth_time, $3) where id = $1`,
    [id, at, authTime ?? null],
  );
}

export interface Closing {
  readonly at: Date;
  readonly tokensEnd: Date;
  readonly endGrant: EndGrant;
  /** makes the Consent of the grant inactive */
  endConsent(db: pg.PoolClient, grantId: string, at: Date): Promise<void>;
}

/** Ends a grant with its Consent, codes and tokens, here and on every resource server. Ending it again changes nothing. */
export async function closeGrant(
  db: pg.PoolClient,
  id: string,
  reason: EndReason,
  { at, tokensEnd, endGrant, endConsent }: Closing,
): Promise<boolean> {
  const { rowCount } = await db.query(
    'update authorization_grant set ended_at = $2, ended_reason = $3 where id = $1 and ended_at is null',
    [id, at, reason],
  );
  if (rowCount === 0) return false;
  await db.query('delete from refresh_token where grant_id = $1', [id]);
  await endConsent(db, id, at);
  await endGrant(db, id, reason, tokensEnd);
  return true;
}

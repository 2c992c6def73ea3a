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
  | 'person-gone';

type Queryable = pg.Pool | pg.PoolClient;

const columns = `id, sub, client_id, audience, requested_scope, scope, patient, clearance, lasting, created_at, expires_at, auth_time`;

interface Row {
  readonly id: string;
  readonly sub: string;
  readonly client_id: string;
  readonly audience: string;
  readonly requested_scope: string;
  readonly scope: string;
  readonly patient: string | null;
  readonly clearance: string | null;
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
  lasting: row.lasting,
  createdAt: row.created_at,
  expiresAt: row.expires_at,
  ...(row.auth_time === null ? {} : { authTime: Number(row.auth_time) }),
});

export async function addGrant(db: Queryable, grant: Omit<Grant, 'id' | 'authTime'>): Promise<Grant> {
  const { rows } = await db.query<Row>(
    `insert into authorization_grant
       (id, sub, client_id, audience, requested_scope, scope, patient, clearance, lasting, created_at, expires_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) returning ${columns}`,
    [
      randomUUID(),
      grant.sub,
      grant.clientId,
      grant.audience,
      grant.requestedScope,
      grant.scope,
      grant.patient ?? null,
      grant.clearance ?? null,
      grant.lasting,
      grant.createdAt,
      grant.expiresAt,
    ],
  );
  const [row] = rows;
  if (row === undefined) throw new Error('The grant was not stored.');
  return grantOf(row);
}

/** Undefined where it is unknown, over or ended. */
export async function findLiveGrant(db: Queryable, id: string, at: Date): Promise<Grant | undefined> {
  const { rows } = await db.query<Row>(
    `select ${columns} from authorization_grant where id = $1 and ended_at is null and expires_at > $2`,
    [id, at],
  );
  return rows[0] === undefined ? undefined : grantOf(rows[0]);
}

/** The latest lasting consents of a person to an app for one resource server, newest first. */
export async function findEarlierGrants(
  db: Queryable,
  { sub, clientId, audience }: Pick<Grant, 'sub' | 'clientId' | 'audience'>,
  at: Date,
): Promise<readonly Grant[]> {
  const { rows } = await db.query<Row>(
    `select ${columns} from authorization_grant
     where sub = $1 and client_id = $2 and audience = $3 and lasting and redeemed_at is not null
       and ended_at is null and expires_at > $4
     order by created_at desc limit 20`,
    [sub, clientId, audience, at],
  );
  return rows.map(grantOf);
}

export async function noteGrantUse(db: Queryable, id: string, at: Date, authTime?: number): Promise<void> {
  await db.query(
    `update authorization_grant set last_used_at = $2, redeemed_at = coalesce(redeemed_at, $2),
       auth_time = coalesce(auth_time, $3) where id = $1`,
    [id, at, authTime ?? null],
  );
}

/** Ends a grant with all its codes and tokens, here and on every resource server. Ending it again changes nothing. */
export async function closeGrant(
  db: pg.PoolClient,
  id: string,
  reason: EndReason,
  { at, tokensEnd, endGrant }: { readonly at: Date; readonly tokensEnd: Date; readonly endGrant: EndGrant },
): Promise<boolean> {
  const { rowCount } = await db.query(
    'update authorization_grant set ended_at = $2, ended_reason = $3 where id = $1 and ended_at is null',
    [id, at, reason],
  );
  if (rowCount === 0) return false;
  await db.query('delete from refresh_token where grant_id = $1', [id]);
  await endGrant(db, id, reason, tokensEnd);
  return true;
}

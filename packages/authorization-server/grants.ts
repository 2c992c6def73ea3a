/** What a person allowed an app: one row from the consent to its end. RFC 6749 §1.3; RFC 7009; SMART App Launch 2.2. */
import { randomUUID } from 'node:crypto';
import type { LaunchContext } from '@affinity/core/smart/launch-context.ts';
import type pg from 'pg';
import type { BusinessIdentifier } from './identifiers.ts';

export interface Grant {
  readonly id: string;
  readonly sub: string;
  readonly clientId: string;
  /** base of the first resource server: for it an access token is unless another is asked for */
  readonly audience: string;
  /** what the app asked for, as far as it may have it */
  readonly requestedScope: string;
  readonly scope: string;
  /** bare id, as the domain's own server knows the patient */
  readonly patient?: string;
  readonly clearance?: string;
  /** codes of v3-ActReason that the app asked for, separated by a space; absent: what follows from who signed in */
  readonly purpose?: string;
  /** may have refresh tokens */
  readonly lasting: boolean;
  /** it came of a launch from a record system: it ends where the person reaches the record no longer */
  readonly launched?: boolean;
  /** what the launch put into context beside the patient */
  readonly context?: LaunchContext;
  /** all that the consent covers, each with the patient's id there; absent: the one server, which knows the patient by the same id */
  readonly servers?: readonly GrantedServer[];
  /** its refresh tokens end with the sign-in session in which it was given */
  readonly online?: boolean;
  /** its end moves with its use */
  readonly renews?: boolean;
  /** claims about the person that were asked for by name, such as `userinfo.name`; separated by a space */
  readonly requestedClaims?: string;
  /** those of them that were allowed, beside those of scopes */
  readonly claims?: string;
  /** the very identifiers that the person saw and allowed */
  readonly identifiers?: readonly BusinessIdentifier[];
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly lastUsedAt?: Date;
  /** of the sign-in from which the first token came: known once its code is redeemed */
  readonly authTime?: number;
  readonly signIn?: SignIn;
}

export interface GrantedServer {
  readonly base: string;
  /** bare id; absent where the grant is for no single record */
  readonly patient?: string;
}

/** How and in which session somebody signed in. OIDC Core 1.0 §2: `acr`, `amr`. */
export interface SignIn {
  /** `uid` of the session at the authorization server */
  readonly session?: string;
  readonly acr?: string;
  readonly amr?: readonly string[];
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
  | 'app-stopped'
  | 'person-gone'
  | 'session-ended';

type Queryable = pg.Pool | pg.PoolClient;

export const grantColumns = `id, sub, client_id, audience, requested_scope, scope, patient, clearance, purpose, lasting, created_at, expires_at,
  auth_time, context, servers, online, requested_claims, claims, identifiers, session_uid, acr, amr, renews, last_used_at,
  launched`;

export interface GrantRow {
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
  readonly auth_time: string | number | null;
  readonly context: LaunchContext | null;
  readonly launched: boolean;
  readonly servers: readonly GrantedServer[] | null;
  readonly online: boolean;
  readonly requested_claims: string | null;
  readonly claims: string | null;
  readonly identifiers: readonly BusinessIdentifier[] | null;
  readonly session_uid: string | null;
  readonly acr: string | null;
  readonly amr: readonly string[] | null;
  readonly renews: boolean;
  readonly last_used_at: Date | null;
}

const signInOf = ({ session_uid, acr, amr }: GrantRow): SignIn => ({
  ...(session_uid === null ? {} : { session: session_uid }),
  ...(acr === null ? {} : { acr }),
  ...(amr === null ? {} : { amr }),
});

export const grantOf = (row: GrantRow): Grant => ({
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
  ...(row.launched ? { launched: true } : {}),
  ...(row.context === null ? {} : { context: row.context }),
  ...(row.servers === null ? {} : { servers: row.servers }),
  ...(row.online ? { online: true } : {}),
  ...(row.renews ? { renews: true } : {}),
  ...(row.last_used_at === null ? {} : { lastUsedAt: row.last_used_at }),
  ...(row.requested_claims === null ? {} : { requestedClaims: row.requested_claims }),
  ...(row.claims === null ? {} : { claims: row.claims }),
  ...(row.identifiers === null ? {} : { identifiers: row.identifiers }),
  ...(row.auth_time === null ? {} : { authTime: Number(row.auth_time), signIn: signInOf(row) }),
});

export type NewGrant = Omit<Grant, 'id' | 'authTime' | 'signIn' | 'lastUsedAt'>;

/** The row alone: its Consent is written in the same transaction (grant-consents.ts). */
export async function addGrant(db: pg.PoolClient, grant: NewGrant): Promise<Grant> {
  const { rows } = await db.query<GrantRow>(
    `insert into authorization_grant
       (id, sub, client_id, audience, requested_scope, scope, patient, clearance, purpose, lasting, created_at, expires_at,
        consent_at, context, servers, online, claims, renews, requested_claims, identifiers, launched)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $11, $13, $14, $15, $16, $17, $18, $19, $20) returning ${grantColumns}`,
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
      grant.context === undefined ? null : JSON.stringify(grant.context),
      grant.servers === undefined ? null : JSON.stringify(grant.servers),
      grant.online ?? false,
      grant.claims ?? null,
      grant.renews ?? false,
      grant.requestedClaims ?? null,
      grant.identifiers === undefined ? null : JSON.stringify(grant.identifiers),
      grant.launched ?? false,
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
  const { rows } = await db.query<GrantRow>(`select ${grantColumns} from authorization_grant where ${condition}`, [
    ...values,
  ]);
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

/** A use, and the end that it has from now on. */
export async function noteGrantUse(db: Queryable, { id, expiresAt }: Grant, at: Date): Promise<void> {
  await db.query(
    `update authorization_grant set last_used_at = $2, redeemed_at = coalesce(redeemed_at, $2), expires_at = $3
     where id = $1`,
    [id, at, expiresAt],
  );
}

/** The first use, with the sign-in that it came from. @returns false where another code of the same consent was used before */
export async function noteFirstUse(
  db: Queryable,
  { id, expiresAt }: Grant,
  at: Date,
  authTime: number | undefined,
  { session, acr, amr }: SignIn,
): Promise<boolean> {
  const { rowCount } = await db.query(
    `update authorization_grant set last_used_at = $2, redeemed_at = $2, auth_time = $3, session_uid = $4, acr = $5, amr = $6,
       expires_at = $7
     where id = $1 and redeemed_at is null`,
    [id, at, authTime ?? null, session ?? null, acr ?? null, amr ?? null, expiresAt],
  );
  return rowCount === 1;
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
  await db.query('delete from access_token where grant_id = $1', [id]);
  await endConsent(db, id, at);
  await endGrant(db, id, reason, tokensEnd);
  return true;
}

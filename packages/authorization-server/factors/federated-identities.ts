/** Who is meant by an external OpenID provider: by issuer and subject together, and by nothing else. OIDC Core 1.0 §5.7. */
import type pg from 'pg';

/** An e-mail address may be given to somebody else, a subject may not (OIDC Core 1.0 §2, `sub`). */
export interface Identity {
  readonly issuer: string;
  readonly subject: string;
}

export interface LinkedIdentity extends Identity {
  /** id of the provider in the settings */
  readonly provider: string;
  readonly linkedAt: Date;
}

type Queryable = pg.Pool | pg.PoolClient;

export async function identitiesOf(db: Queryable, sub: string): Promise<readonly LinkedIdentity[]> {
  const { rows } = await db.query<{ issuer: string; subject: string; provider: string; linked_at: Date }>(
    'select issuer, subject, provider, linked_at from federated_identity where sub = $1 order by linked_at',
    [sub],
  );
  return rows.map(({ linked_at, ...identity }) => ({ ...identity, linkedAt: linked_at }));
}

/** Whose it is; undefined where nobody has proved that it is theirs. */
export async function findIdentity(db: Queryable, { issuer, subject }: Identity): Promise<string | undefined> {
  const { rows } = await db.query<{ sub: string }>(
    'select sub from federated_identity where issuer = $1 and subject = $2',
    [issuer, subject],
  );
  return rows[0]?.sub;
}

/** One statement: an identity is one person's. @returns false where it is somebody's already */
export async function linkIdentity(
  db: Queryable,
  { issuer, subject }: Identity,
  link: {
    readonly sub: string;
    readonly provider: string;
    readonly proof: 'account' | 'invitation';
    readonly at: Date;
  },
): Promise<boolean> {
  const { rowCount } = await db.query(
    `with linked as (
       insert into federated_identity (issuer, subject, sub, provider, proof, linked_at)
       values ($1, $2, $3, $4, $5, $6) on conflict do nothing returning sub, issuer, proof, linked_at
     ), proved as (
       insert into proofing_event (sub, kind, target, evidence, proved_by, proved_at)
       select sub, 'sign-in', issuer, proof, sub::text, linked_at from linked
     )
     select from linked`,
    [issuer, subject, link.sub, link.provider, link.proof, link.at],
  );
  return rowCount === 1;
}

export async function removeIdentity(db: Queryable, sub: string, { issuer, subject }: Identity): Promise<boolean> {
  const { rowCount } = await db.query(
    'delete from federated_identity where sub = $1 and issuer = $2 and subject = $3',
    [sub, issuer, subject],
  );
  return rowCount === 1;
}

export async function noteIdentityUse(db: Queryable, { issuer, subject }: Identity, at: Date): Promise<void> {
  await db.query('update federated_identity set last_used_at = $3 where issuer = $1 and subject = $2', [
    issuer,
    subject,
    at,
  ]);
}

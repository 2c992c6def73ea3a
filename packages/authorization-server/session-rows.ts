/** What is known of people's sessions, beside what oidc-provider keeps of them: by it, what has ended stays ended. */
import type pg from 'pg';

type Queryable = pg.Pool | pg.PoolClient;

/** What oidc-provider keeps of a session. */
export interface SessionState {
  readonly uid?: string | undefined;
  readonly accountId?: string | undefined;
  readonly transient?: boolean | undefined;
}

/**
 * Somebody signed in, or came back: the session lives on, and what lives with it. One that has ended does not live again.
 * @param expiresAt unless somebody comes back
 * @param mostSeconds from its beginning to its end, however often somebody comes back
 * @returns when it ends
 */
export async function noteSession(
  db: Queryable,
  { uid, accountId, transient }: SessionState,
  at: Date,
  expiresAt: Date,
  mostSeconds: number,
): Promise<Date> {
  if (uid === undefined || accountId === undefined) return expiresAt;
  const { rows } = await db.query<{ expires_at: Date }>(
    `insert into sign_in_session (uid, sub, shared, began_at, expires_at)
     select $1, sub, $3, $4::timestamptz, least($5::timestamptz, $4::timestamptz + make_interval(secs => $6)) from person where sub = $2
     on conflict (uid) do update set shared = excluded.shared,
         expires_at = least($5::timestamptz, sign_in_session.began_at + make_interval(secs => $6))
       where sign_in_session.ended_at is null
     returning expires_at`,
    [uid, accountId, transient === true, at, expiresAt, mostSeconds],
  );
  const ends = rows[0]?.expires_at ?? expiresAt;
  await db.query(
    `update authorization_grant set expires_at = $2
     where session_uid = $1 and online and ended_at is null and expires_at < $2
       and exists (select from sign_in_session where uid = $1 and ended_at is null)`,
    [uid, ends],
  );
  return ends;
}

export interface LivingSession {
  readonly uid: string;
  readonly shared: boolean;
  readonly expiresAt: Date;
}

/** The session, if it lives: nobody can end it before this transaction does. */
export async function holdSession(
  db: pg.PoolClient,
  uid: string,
  sub: string,
  at: Date,
): Promise<LivingSession | undefined> {
  const { rows } = await db.query<{ shared: boolean; expires_at: Date }>(
    `select shared, expires_at from sign_in_session
     where uid = $1 and sub = $2 and ended_at is null and expires_at > $3 for share`,
    [uid, sub, at],
  );
  const [row] = rows;
  return row === undefined ? undefined : { uid, shared: row.shared, expiresAt: row.expires_at };
}

/** The session in which a grant was given that lives for as long as it does, if it lives: held as by `holdSession`. */
export async function holdSessionOf(db: pg.PoolClient, grantId: string, at: Date): Promise<void> {
  await db.query(
    `select from authorization_grant given join sign_in_session session on session.uid = given.session_uid
     where given.id = $1 and given.online and session.sub = given.sub and session.ended_at is null
       and session.expires_at > $2 for share of session`,
    [grantId, at],
  );
}

/** Those of a person that live, by their names. */
export async function livingSessions(db: Queryable, sub: string, at: Date): Promise<readonly string[]> {
  const { rows } = await db.query<{ uid: string }>(
    'select uid from sign_in_session where sub = $1 and ended_at is null and expires_at > $2',
    [sub, at],
  );
  return rows.map(({ uid }) => uid);
}

/** How many of them live. */
export async function countSessions(db: Queryable, sub: string, at: Date): Promise<number> {
  const { rows } = await db.query<{ count: number }>(
    'select count(*)::int as count from sign_in_session where sub = $1 and ended_at is null and expires_at > $2',
    [sub, at],
  );
  return rows[0]?.count ?? 0;
}

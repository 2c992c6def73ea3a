/**
 * People's sessions, from a sign-in to their end, whichever way it comes, and what ends with them. OIDC RP-Initiated Logout
 * 1.0 §2; Back-Channel Logout 1.0 §2.7: what was granted to go on without the person stays. Rows of sessions are locked before
 * rows of grants, everywhere.
 */
import { transaction } from '@affinity/store/postgres/pool.ts';
import type pg from 'pg';
import type { EndReason } from './grants.ts';
import { grantsOf } from './grants.ts';
import { noteDeliveries } from './logout-delivery.ts';
import { type EndingNeighbours, endFamily } from './token-grants.ts';

/** Ends a session and what was given in it for as long as it lives. @returns false where it had ended before */
export async function endSession(
  db: pg.PoolClient,
  neighbours: EndingNeighbours,
  uid: string,
  reason: EndReason = 'session-ended',
): Promise<boolean> {
  const at = neighbours.now();
  const { rowCount } = await db.query('update sign_in_session set ended_at = $2 where uid = $1 and ended_at is null', [
    uid,
    at,
  ]);
  if (rowCount === 0) return false;
  await noteDeliveries(db, uid, at);
  await db.query(`delete from authorization_state where model = 'Session' and payload->>'uid' = $1`, [uid]);
  const given = await grantsOf(db, 'session_uid = $1 and not lasting and ended_at is null order by id', [uid]);
  for (const grant of given) await endFamily(db, neighbours, grant, reason);
  return true;
}

/**
 * Ends every session of a person: their password was changed, their phone is lost, they are disabled.
 * @param except the session in which they do it, where it is to go on
 * @returns how many
 */
export async function endSessionsOf(
  db: pg.PoolClient,
  neighbours: EndingNeighbours,
  sub: string,
  { except, reason }: { readonly except?: string; readonly reason?: EndReason } = {},
): Promise<number> {
  const { rows } = await db.query<{ uid: string }>(
    `select uid from sign_in_session where sub = $1 and ended_at is null and uid is distinct from $2 order by uid for update`,
    [sub, except ?? null],
  );
  for (const { uid } of rows) await endSession(db, neighbours, uid, reason);
  return rows.length;
}

const batch = 50;

/** Ends the sessions whose time is over, and those of people who were disabled: what lives with them ends, and apps are told. */
export async function endOverdueSessions(neighbours: EndingNeighbours & { readonly pool: pg.Pool }): Promise<void> {
  for (let ended = batch; ended === batch; ) {
    ended = await transaction(neighbours.pool, async (db) => {
      const { rows } = await db.query<{ uid: string }>(
        `select uid from sign_in_session session
         where ended_at is null and (expires_at <= $1
           or exists (select from person where person.sub = session.sub and disabled_at is not null))
         order by uid limit ${batch} for update of session skip locked`,
        [neighbours.now()],
      );
      for (const { uid } of rows) await endSession(db, neighbours, uid);
      return rows.length;
    });
  }
}

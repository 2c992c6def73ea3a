/**
 * An app is listed, suspended, taken up again or removed; suspending and removing end its grants, so that its tokens die
 * on every resource server. RFC 7592 §2.3; RFC 7009 §2.1.
 */
import { transaction } from '@affinity/store/postgres/pool.ts';
import type pg from 'pg';
import type { Record as RecordEvent } from './audit-recorder.ts';
import type { GrantConsents } from './grant-consents.ts';
import { closeGrant, type EndGrant } from './grants.ts';
import { type ClientStatus, findRegistered, type RegisteredClient } from './registered-clients.ts';

export interface LifecycleNeighbours {
  readonly pool: pg.Pool;
  readonly consents: Pick<GrantConsents, 'end'>;
  readonly endGrant: EndGrant;
  /** longest life of an access token, with the difference of clocks */
  readonly tokenSeconds: number;
  now(): Date;
}

export type Move = 'list' | 'suspend' | 'resume' | 'remove';

/** From which states, and to which; what was suspended becomes again what it was. */
const moves: Readonly<Record<Move, { readonly from: readonly ClientStatus[]; readonly to?: ClientStatus }>> = {
  list: { from: ['pending', 'suspended'], to: 'listed' },
  suspend: { from: ['pending', 'listed'], to: 'suspended' },
  resume: { from: ['suspended'] },
  remove: { from: ['pending', 'listed', 'suspended'], to: 'removed' },
};

export type Moved =
  | { readonly kind: 'moved'; readonly client: RegisteredClient; readonly endedGrants: number }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'already'; readonly status: ClientStatus };

/**
 * @param recorded writes the audit record: the change is committed after it
 * @param allowed asked of the row while it is held; false is answered like an app that is not known
 */
export async function moveClient(
  neighbours: LifecycleNeighbours,
  id: string,
  move: Move,
  recorded: (client: RegisteredClient) => Promise<void>,
  {
    allowed = () => true,
    publisher,
  }: { allowed?(client: RegisteredClient): boolean; readonly publisher?: string } = {},
): Promise<Moved> {
  const { pool, now } = neighbours;
  const { from, to } = moves[move];
  const ending = to === 'suspended' || to === 'removed';
  const moved = await transaction(pool, async (db): Promise<Moved> => {
    const client = await findRegistered(db, id, true);
    if (client === undefined || !allowed(client)) return { kind: 'unknown' };
    if (!from.includes(client.status)) return { kind: 'already', status: client.status };
    const { rows } = await db.query<{ status: ClientStatus }>(
      `update registered_client set status = coalesce($2, resumes_as, 'pending'), resumes_as = $6,
         changed_at = $3, ending = ending or $4, publisher = coalesce($5, publisher)
       where client_id = $1 returning status`,
      [id, to ?? null, now(), ending, publisher ?? null, to === 'suspended' ? client.status : null],
    );
    await recorded(client);
    return { kind: 'moved', client: { ...client, status: rows[0]?.status ?? 'pending' }, endedGrants: 0 };
  });
  return moved.kind === 'moved' && ending ? { ...moved, endedGrants: await endClientGrants(neighbours, id) } : moved;
}

const batch = 100;

/** Ends every grant of an app that has just lost its standing, then takes the mark away that somebody has to. */
export async function endClientGrants(neighbours: LifecycleNeighbours, id: string): Promise<number> {
  const { pool, consents, endGrant, tokenSeconds, now } = neighbours;
  let ended = 0;
  for (let found = batch; found === batch; ended += found) {
    found = await transaction(pool, async (db) => {
      const { rows } = await db.query<{ id: string }>(
        `select id from authorization_grant where client_id = $1 and ended_at is null order by id limit ${batch} for update`,
        [id],
      );
      const at = now();
      const tokensEnd = new Date(at.getTime() + tokenSeconds * 1000);
      for (const grant of rows)
        await closeGrant(db, grant.id, 'app-stopped', { at, tokensEnd, endGrant, endConsent: consents.end });
      return rows.length;
    });
  }
  await pool.query(
    `with gone as (delete from registered_client where client_id = $1 and status = 'removed')
     update registered_client set ending = false where client_id = $1 and ending and status <> 'removed'`,
    [id],
  );
  return ended;
}

/** Apps that nobody has looked at for so long are forgotten; a few at a time. */
export async function forgetPending(neighbours: LifecycleNeighbours, since: Date, record: RecordEvent): Promise<void> {
  const { rows } = await neighbours.pool.query<{ client_id: string }>(
    `select client_id from registered_client where status = 'pending' and changed_at < $1 limit ${batch}`,
    [since],
  );
  for (const { client_id: client } of rows) {
    const recorded = () =>
      record('client-removed', 'permitted', { client, reason: 'nobody has looked at it for long' });
    const allowed = ({ status, changedAt }: RegisteredClient): boolean => status === 'pending' && changedAt < since;
    await moveClient(neighbours, client, 'remove', recorded, { allowed });
  }
}

/** What a process that ended in between has left to do. */
export async function endGrantsOfStopped(neighbours: LifecycleNeighbours): Promise<void> {
  const { rows } = await neighbours.pool.query<{ client_id: string }>(
    'select client_id from registered_client where ending',
  );
  for (const { client_id: id } of rows) await endClientGrants(neighbours, id);
}

/** What somebody allowed a device that never came for its tokens ends, so that nothing stands among a person's apps that nobody has. */
import { transaction } from '@affinity/store/postgres/pool.ts';
import type { GivingNeighbours } from './grant-consents.ts';
import { grantsOf } from './grants.ts';

const batch = 100;
/** Later than the end of its code by so much, no device is on the way any more to fetch what was allowed. */
const graceSeconds = 60;

export async function endUnclaimedGrants({ pool, consents }: GivingNeighbours, at: Date): Promise<void> {
  for (let ended = batch; ended === batch; ) {
    ended = await transaction(pool, async (db) => {
      const grants = await grantsOf(
        db,
        `ended_at is null and redeemed_at is null and id in (
           select grant_id from device_authorization where decision = 'allowed' and consumed_at is null and expires_at <= $1)
         limit ${batch} for update skip locked`,
        [new Date(at.getTime() - graceSeconds * 1000)],
      );
      await db.query(
        `update authorization_grant set ended_at = $2, ended_reason = 'never-fetched' where id = any($1)`,
        [grants.map(({ id }) => id), at],
      );
      for (const { id } of grants) await consents.end(db, id, at);
      return grants.length;
    });
  }
}

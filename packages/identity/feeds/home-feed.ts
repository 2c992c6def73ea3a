/**
 * The home as a source: each change of a patient or provider is noted in the transaction that makes it, and forgotten when it
 * has been taken over, so that none is lost whatever ends this process. One process at a time takes over, in order.
 */

import { transaction } from '@affinity/store/postgres/pool.ts';
import { resourceKey } from '@affinity/store/terms.ts';
import { fedTypes } from './fed-record.ts';
import { type FromPlace, type TakingNeighbours, takeOver } from './take-over.ts';

export interface HomeFeedNeighbours extends TakingNeighbours {
  /** base of the home */
  readonly home: string;
  /** changes of one round */
  readonly changesAtOnce: number;
}

const lock = 4_711_322;

interface Change {
  readonly change: string;
  readonly type: string;
  readonly id: string;
}

/** @returns the changes that were taken over; none where another process is at it */
export const takeFromHome = (neighbours: HomeFeedNeighbours): Promise<number> =>
  transaction(neighbours.pool, async (db) => {
    const held = await db.query<{ held: boolean }>('select pg_try_advisory_xact_lock($1) as held', [lock]);
    if (held.rows[0]?.held !== true) return 0;
    const { rows: changes } = await db.query<Change>(
      'select change, type, id from identity_feed order by change limit $1',
      [neighbours.changesAtOnce],
    );
    if (changes.length === 0) return 0;
    const wanted = new Map(changes.map(({ type, id }) => [resourceKey(type, id), { type, id }]));
    const { rows } = await db.query<{ rid: string; body: string | null }>(
      'select rid::text, body from resource where rid = any($1::bigint[])',
      [[...wanted.keys()]],
    );
    const bodies = new Map(rows.map(({ rid, body }) => [rid, body]));
    const given = [...wanted].flatMap(([rid, at]): FromPlace[] => {
      const body = bodies.get(rid);
      return fedTypes.has(at.type) ? [{ ...at, ...(body === null || body === undefined ? {} : { body }) }] : [];
    });
    await takeOver(neighbours.home, given, neighbours);
    await db.query('delete from identity_feed where change = any($1)', [changes.map(({ change }) => change)]);
    return changes.length;
  });

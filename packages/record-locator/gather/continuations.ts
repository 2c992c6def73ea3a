/**
 * Where an answer over several servers goes on, kept for a while: a link holds no more than the number of it, sealed, and is good
 * for the caller alone to whom it was given. FHIR R4 http.html#paging.
 */
import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import type { Shown } from './gather-page.ts';
import type { Missing } from './missing.ts';
import type { StreamPlace } from './stream.ts';

/** What the next page is made of. */
export interface Continuation {
  readonly params: readonly (readonly [string, string])[];
  readonly count: number;
  readonly streams: readonly StreamPlace[];
  readonly missing: readonly Missing[];
  readonly shown: Shown;
}

export interface Continuations {
  keep(continuation: Continuation): Promise<string>;
  /** undefined: over, or never there */
  find(id: string): Promise<Continuation | undefined>;
}

/** @param pool of the main schema */
export const createContinuations = (pool: pg.Pool, seconds: number, now: () => number): Continuations => ({
  keep: async (continuation) => {
    const id = randomUUID();
    const at = now();
    await pool.query(
      `with over as (delete from gather_continuation where ends_at <= $3)
       insert into gather_continuation (id, place, ends_at) values ($1, $2, $4)`,
      [id, JSON.stringify(continuation), new Date(at), new Date(at + seconds * 1000)],
    );
    return id;
  },
  find: async (id) => {
    const { rows } = await pool.query<{ place: Continuation }>(
      'select place from gather_continuation where id = $1 and ends_at > $2',
      [id, new Date(now())],
    );
    return rows[0]?.place;
  },
});

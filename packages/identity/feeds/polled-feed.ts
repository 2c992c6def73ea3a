/**
 * A further server as a source: it is asked again and again, by last update where it can be asked so, and now and then for
 * everything, by which removals are seen. What has been read stands in the database. FHIR R4 http.html#search.
 */
import type { Backend, TypeCapability } from '@affinity/core/fhir/backend.ts';
import { everything } from '@affinity/core/fhir/filter.ts';
import type { SearchClause } from '@affinity/core/fhir/search-query.ts';
import { transaction } from '@affinity/store/postgres/pool.ts';
import type pg from 'pg';
import { fedTypes } from './fed-record.ts';
import { type FromPlace, type TakingNeighbours, takeOver } from './take-over.ts';

export interface PolledFeedNeighbours extends TakingNeighbours {
  readonly base: string;
  readonly backend: Pick<Backend, 'capabilities' | 'searchType'>;
  /** resources of one question */
  readonly pageSize: number;
  /** milliseconds between two readings of everything */
  readonly sweepMilliseconds: number;
}

/** Milliseconds by which an update may be told late: what was read within them is read again. */
const overlap = 60_000;

interface State {
  readonly updated_to: string | null;
  readonly swept_at: Date | null;
}

/** By what the type can be asked for what is new. */
const isAskedByUpdate = ({ searchParams, sort }: TypeCapability): boolean =>
  searchParams.some(({ name }) => name === '_lastUpdated') && sort.includes('_lastUpdated');

const since = (instant: string): SearchClause => {
  const start = Date.parse(instant) - overlap;
  return { param: '_lastUpdated', values: [{ kind: 'date', prefix: 'ge', start, end: start + 1 }] };
};

/** Removals: what was from there and was not met by a reading of everything. */
const removed = async (pool: pg.Pool, base: string, type: string, met: ReadonlySet<string>): Promise<FromPlace[]> => {
  const { rows } = await pool.query<{ id: string }>(
    type === 'Patient'
      ? 'select patient as id from person_place join person_record using (record) where base = $1'
      : 'select id from provider_place where base = $1 and type = $2',
    type === 'Patient' ? [base] : [base, type],
  );
  return rows.flatMap(({ id }) => (met.has(id) ? [] : [{ type, id }]));
};

const readType = async (
  capability: TypeCapability,
  state: State | undefined,
  neighbours: PolledFeedNeighbours,
): Promise<{ readonly updatedTo: string | null; readonly swept: boolean }> => {
  const { base, backend, pool, pageSize, sweepMilliseconds, now } = neighbours;
  const { type } = capability;
  const swept = state?.swept_at ?? undefined;
  const known = state?.updated_to ?? undefined;
  const due = swept === undefined || now() - swept.getTime() >= sweepMilliseconds;
  const byUpdate = isAskedByUpdate(capability) && !due && known !== undefined;
  let updatedTo = known;
  const met = new Set<string>();
  let cursor: string | undefined;
  do {
    const page = await backend.searchType(
      {
        type,
        clauses: byUpdate ? [since(known)] : [],
        sort: byUpdate ? [{ param: '_lastUpdated', descending: false }] : [],
        count: pageSize,
        total: 'none',
        understood: [],
        ...(cursor === undefined ? {} : { cursor }),
      },
      everything,
    );
    for (const { id, lastUpdated } of page.matches) {
      met.add(id);
      if (updatedTo === undefined || lastUpdated > updatedTo) updatedTo = lastUpdated;
    }
    await takeOver(
      base,
      page.matches.map(({ id, body }) => ({ type, id, body })),
      neighbours,
    );
    cursor = page.next;
  } while (cursor !== undefined);
  if (!byUpdate) {
    const gone = await removed(pool, base, type, met);
    await takeOver(base, gone, neighbours);
    await pool.query('delete from provider_place where base = $1 and type = $2 and id = any($3)', [
      base,
      type,
      gone.map(({ id }) => id),
    ]);
  }
  return { updatedTo: updatedTo ?? null, swept: !byUpdate };
};

/** One round through everything that the server has of these types. Nothing where another process is at it. */
export const takeFromServer = (neighbours: PolledFeedNeighbours): Promise<void> =>
  transaction(neighbours.pool, async (db) => {
    const { base, backend, now } = neighbours;
    const { rows } = await db.query<{ held: boolean }>(
      'select pg_try_advisory_xact_lock(hashtextextended($1, 0)) as held',
      [`identity feed ${base}`],
    );
    if (rows[0]?.held !== true) return;
    for (const capability of backend.capabilities) {
      const { type } = capability;
      if (!fedTypes.has(type) || !capability.interactions.includes('search-type')) continue;
      const known = await db.query<State>(
        'select updated_to, swept_at from identity_source where base = $1 and type = $2',
        [base, type],
      );
      const began = new Date(now());
      const { updatedTo, swept } = await readType(capability, known.rows[0], neighbours);
      // By itself: what is known to be read stays known, whatever becomes of the next type.
      await neighbours.pool.query(
        `insert into identity_source as s (base, type, updated_to, swept_at) values ($1, $2, $3, $4)
         on conflict (base, type) do update set updated_to = excluded.updated_to,
           swept_at = coalesce(excluded.swept_at, s.swept_at)`,
        [base, type, updatedTo, swept ? began : null],
      );
    }
  });

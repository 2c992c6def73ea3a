/**
 * How the locator hears of documents by itself: of the home by what its store has noted with each write, of others by asking again
 * and again. What has been taken over is known to the database alone, and only afterwards. FHIR R4 http.html#search.
 */
import type { Backend } from '@affinity/core/fhir/backend.ts';
import { everything } from '@affinity/core/fhir/filter.ts';
import type { SearchClause } from '@affinity/core/fhir/search-query.ts';
import { entryIdOf } from './located-entry.ts';
import { type TakingNeighbours, takeAgain, takeOver, takeWaiting } from './taking.ts';

export interface FeedNeighbours extends TakingNeighbours {
  readonly documents: Pick<Backend, 'read' | 'searchType' | 'capabilities'>;
  /** documents that are taken over at once */
  readonly most: number;
  /** milliseconds between two readings of everything, and before one that waits is looked at again */
  readonly allMilliseconds: number;
  readonly againMilliseconds: number;
}

const type = 'DocumentReference';
/** Milliseconds by which an update may be told late: what was read within them is read again. */
const overlap = 60_000;

interface State {
  readonly updated_to: string | null;
  readonly swept_at: Date | null;
}

const stateOf = async ({ pool, base }: FeedNeighbours): Promise<State | undefined> =>
  (await pool.query<State>('select updated_to, swept_at from locator_source where base = $1', [base])).rows[0];

const note = async ({ pool, base }: FeedNeighbours, updatedTo: string | undefined, sweptAt: Date | undefined) => {
  await pool.query(
    `insert into locator_source as s (base, updated_to, swept_at) values ($1, $2, $3)
     on conflict (base) do update set updated_to = coalesce(excluded.updated_to, s.updated_to),
       swept_at = coalesce(excluded.swept_at, s.swept_at)`,
    [base, updatedTo ?? null, sweptAt ?? null],
  );
};

const isDue = (state: State | undefined, { now, allMilliseconds }: FeedNeighbours): boolean =>
  state?.swept_at == null || now() - state.swept_at.getTime() >= allMilliseconds;

/** Everything that the home's store has noted since. */
export const takeFromHome = async (around: FeedNeighbours): Promise<void> => {
  const { pool, space, base, most, againMilliseconds, now } = around;
  const began = new Date(now());
  for (;;) {
    const { rows } = await pool.query<{ id: string; change: string }>(
      'select id, change from locator_feed order by change limit $1',
      [most],
    );
    await takeAgain(
      rows.map(({ id }) => id),
      around,
    );
    // One that has changed again meanwhile stays noted.
    await pool.query(
      'delete from locator_feed using unnest($1::text[], $2::bigint[]) done (id, change) where locator_feed.id = done.id and locator_feed.change = done.change',
      [rows.map(({ id }) => id), rows.map(({ change }) => change)],
    );
    if (rows.length < most) break;
  }
  await takeWaiting(around, most, againMilliseconds);
  if (!isDue(await stateOf(around), around)) return;
  // Nothing of the home goes unnoticed: what is there is as good as heard of, also where nobody looked for long.
  const prefix = `${base}/DocumentReference/`;
  await space.query('update location set renewed_at = $2 where starts_with(source, $1)', [prefix, began]);
  const { rows } = await space.query<{ source: string }>(
    'select source from location where type = $1 and expired and starts_with(source, $2)',
    [type, prefix],
  );
  await takeAgain(
    rows.map(({ source }) => source.slice(prefix.length)),
    around,
  );
  await note(around, undefined, began);
};

const since = (instant: string): SearchClause => {
  const start = Date.parse(instant) - overlap;
  return { param: '_lastUpdated', values: [{ kind: 'date', prefix: 'ge', start, end: start + 1 }] };
};

/** Removals: what was from there and was not met by a reading of everything. */
const withdrawUnmet = async (met: ReadonlySet<string>, around: FeedNeighbours): Promise<void> => {
  const prefix = `${around.base}/DocumentReference/`;
  const { rows } = await around.space.query<{ source: string }>(
    'select source from location where type = $1 and starts_with(source, $2)',
    [type, prefix],
  );
  const gone = rows.flatMap(({ source }) => {
    const id = source.slice(prefix.length);
    return met.has(entryIdOf(around.base, id)) ? [] : [{ id }];
  });
  await takeOver(gone, around);
};

/** One round through a server that is asked: for what is new, and now and then for everything. */
export const takeFromServer = async (around: FeedNeighbours): Promise<void> => {
  const { base, documents, most, againMilliseconds, now } = around;
  const capability = documents.capabilities.find((each) => each.type === type);
  if (capability?.interactions.includes('search-type') !== true) return;
  const state = await stateOf(around);
  const began = new Date(now());
  const byUpdate =
    capability.searchParams.some(({ name }) => name === '_lastUpdated') && capability.sort.includes('_lastUpdated');
  const from = isDue(state, around) || !byUpdate ? undefined : (state?.updated_to ?? undefined);
  if (from === undefined && !byUpdate && !isDue(state, around)) return takeWaiting(around, most, againMilliseconds);
  const met = new Set<string>();
  let newest = state?.updated_to ?? undefined;
  let cursor: string | undefined;
  do {
    const page = await documents.searchType(
      {
        type,
        clauses: from === undefined ? [] : [since(from)],
        sort: from === undefined ? [] : [{ param: '_lastUpdated', descending: false }],
        count: most,
        total: 'none',
        understood: [],
        ...(cursor === undefined ? {} : { cursor }),
      },
      everything,
    );
    for (const { id, lastUpdated } of page.matches) {
      met.add(entryIdOf(base, id));
      if (newest === undefined || lastUpdated > newest) newest = lastUpdated;
    }
    await takeOver(
      page.matches.map(({ id, body }) => ({ id, body })),
      around,
    );
    cursor = page.next;
  } while (cursor !== undefined);
  if (from === undefined) await withdrawUnmet(met, around);
  await note(around, newest, from === undefined ? began : undefined);
  await takeWaiting(around, most, againMilliseconds);
};

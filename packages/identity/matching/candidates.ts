/**
 * Which records share a blocking key with a person: for each key its nearest, so many in each direction. A key that very
 * many share, such as the telephone of a hostel, costs no more than another. PostgreSQL 18 documentation, 7.2.1.5
 * (lateral), and row comparison (9.25.5) for going on where the last look ended.
 */
import type { Place } from '@affinity/core/identity/person-index.ts';
import type pg from 'pg';
import type { BlockingKey } from './blocking-keys.ts';
import type { Demographics } from './demographics.ts';

export type Queryable = pg.Pool | pg.PoolClient;

export interface Candidate {
  readonly place: Place;
  readonly person: Demographics;
}

/** Which of these places count, by their position. */
export type Visible = (places: readonly Place[]) => Promise<readonly boolean[]>;

/** A walk through one key, in one direction, from where it has come to. */
interface Walk {
  readonly key: string;
  readonly up: boolean;
  readonly near: number;
  readonly record: string;
  /** records that are still wanted of it */
  readonly wanted: number;
}

interface Row {
  readonly record: string;
  readonly base: string;
  readonly patient: string;
  readonly demographics: string;
  /** the walks that met it, by position from 1, and where within each */
  readonly walks: readonly number[];
  readonly nears: readonly number[];
}

const text = `
  with found as (
    select walk, met.near, met.record
    from unnest($1::bigint[], $2::boolean[], $3::integer[], $4::bigint[], $5::integer[]) with ordinality
      as walk (key, up, near, record, wanted, walk)
    cross join lateral (
      (select k.near, k.record from match_key k
       where walk.up and k.key = walk.key and (k.near, k.record) > (walk.near, walk.record)
       order by k.near, k.record limit walk.wanted)
      union all
      (select k.near, k.record from match_key k
       where not walk.up and k.key = walk.key and (k.near, k.record) < (walk.near, walk.record)
       order by k.near desc, k.record desc limit walk.wanted)
    ) met
  ), met as (
    select record, array_agg(walk::integer) as walks, array_agg(near) as nears from found group by record
  )
  select record, base, patient, demographics, walks, met.nears from met join match_record using (record)`;

const look = async (db: Queryable, walks: readonly Walk[]): Promise<readonly Row[]> => {
  const values = [
    walks.map(({ key }) => key),
    walks.map(({ up }) => up),
    walks.map(({ near }) => near),
    walks.map(({ record }) => record),
    walks.map(({ wanted }) => wanted),
  ];
  return (await db.query<Row>({ name: 'match-candidates', text, values })).rows;
};

/** Where a walk is after what it met, of which so many counted; undefined: at its end, or it has enough. */
const goOn = (walk: Walk, at: number, rows: readonly Row[], counted: ReadonlySet<string>): Walk | undefined => {
  const met = rows.flatMap(({ record, walks, nears }) => {
    const near = nears[walks.indexOf(at)];
    return near === undefined ? [] : [{ record, near }];
  });
  const wanted = walk.wanted - met.filter(({ record }) => counted.has(record)).length;
  if (met.length < walk.wanted || wanted === 0) return undefined;
  const sign = walk.up ? 1 : -1;
  const [furthest] = met.sort(
    (one, other) => sign * (other.near - one.near || (BigInt(other.record) < BigInt(one.record) ? -1 : 1)),
  );
  return furthest === undefined ? undefined : { ...walk, ...furthest, wanted };
};

/**
 * One statement; more only where some of what it met does not count, so that what a caller may not know of takes no
 * place from what they may. The answer is the same as if the others were not there.
 */
export const findCandidates = async (
  db: Queryable,
  keys: readonly BlockingKey[],
  neighbours: number,
  visible?: Visible,
): Promise<readonly Candidate[]> => {
  const found = new Map<string, Candidate>();
  // Keys of records are positive: from below the first of equal place upwards, and below it downwards.
  let walks: readonly Walk[] = keys.flatMap(({ key, near }) =>
    [true, false].map((up): Walk => ({ key, up, near, record: '-1', wanted: neighbours })),
  );
  while (walks.length > 0) {
    const rows = await look(db, walks);
    const seen = await visible?.(rows.map(({ base, patient }) => ({ base, patient })));
    const counted = new Set(
      rows.filter((_, at) => seen === undefined || seen[at] === true).map(({ record }) => record),
    );
    for (const { record, base, patient, demographics } of rows)
      if (counted.has(record))
        found.set(record, { place: { base, patient }, person: JSON.parse(demographics) as Demographics });
    walks = walks.flatMap((walk, at) => goOn(walk, at + 1, rows, counted) ?? []);
  }
  return [...found.values()];
};

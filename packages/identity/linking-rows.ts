/** The rows of the index of persons as a batch of changed records writes them, each kind by one statement. */
import type { PersonIdentifier } from '@affinity/core/identity/person-index.ts';
import type { PersonEventKind } from '@affinity/core/identity/stewardship.ts';
import type pg from 'pg';
import { ordered, type Pair } from './union.ts';

type Db = pg.PoolClient;

/** Whoever changes who is who does it alone; a number of ours, for pg_advisory_xact_lock. */
const lock = 4_711_320;
export const holdPersons = async (db: Db): Promise<void> => {
  await db.query('select pg_advisory_xact_lock($1)', [lock]);
};

export interface RecordRow {
  readonly record: string;
  readonly person: string;
  readonly active: boolean;
  readonly replacedBy?: string;
  readonly identifiers: readonly PersonIdentifier[];
}

export const writeRecords = async (db: Db, rows: readonly RecordRow[]): Promise<void> => {
  await db.query(
    `insert into person_record (record, person, active, replaced_by)
     select * from unnest($1::text[], $2::text[], $3::boolean[], $4::text[])
     on conflict (record) do update set person = excluded.person, active = excluded.active,
       replaced_by = excluded.replaced_by`,
    [
      rows.map(({ record }) => record),
      rows.map(({ person }) => person),
      rows.map(({ active }) => active),
      rows.map(({ replacedBy }) => replacedBy ?? null),
    ],
  );
  await db.query('delete from person_identifier where record = any($1)', [rows.map(({ record }) => record)]);
  const identifiers = rows.flatMap(({ record, identifiers: all }) => all.map((one) => ({ ...one, record })));
  await db.query(
    `insert into person_identifier (system, value, record)
     select * from unnest($1::text[], $2::text[], $3::text[])`,
    [
      identifiers.map(({ system }) => system),
      identifiers.map(({ value }) => value),
      identifiers.map(({ record }) => record),
    ],
  );
};

export const addPersons = async (db: Db, ids: readonly string[]): Promise<void> => {
  await db.query('insert into indexed_person (id) select unnest($1::text[])', [ids]);
};

/** All records of the others are the survivor's, and the others' ids lead to it. */
export const foldPersons = async (db: Db, survivor: string, others: readonly string[]): Promise<void> => {
  await db.query('update person_record set person = $1 where person = any($2)', [survivor, others]);
  await db.query('update indexed_person set survivor = $1 where id = any($2) or survivor = any($2)', [
    survivor,
    others,
  ]);
};

export interface EventRow {
  readonly kind: PersonEventKind;
  readonly by: string;
  readonly why: string;
  readonly score?: number;
  readonly from?: string;
  readonly to?: string;
  readonly records: readonly string[];
}

export const noteEvents = async (db: Db, events: readonly EventRow[]): Promise<void> => {
  for (const { kind, by, why, score, from, to, records } of events)
    await db.query(
      `insert into person_event (kind, done_by, why, score, from_person, to_person, records)
       values ($1, $2, $3, $4, $5, $6, $7)`,
      [kind, by, why, score ?? null, from ?? null, to ?? null, records],
    );
};

export interface ReviewRow extends Pair {
  /** of one person already, and it is this one that fits no more */
  readonly doubted?: string;
}

/** What waits of these records and was not found again does not wait any more; what was decided stays decided. */
export const noteReviews = async (db: Db, changed: readonly string[], reviews: readonly ReviewRow[]): Promise<void> => {
  await db.query(
    `update person_review set state = 'withdrawn', decided_at = clock_timestamp()
     where state = 'waiting' and (one = any($1) or other = any($1))`,
    [changed],
  );
  const pairs = reviews.map((review) => ({ ...review, pair: ordered(review.one, review.other) }));
  const byPair = new Map(pairs.map((review) => [review.pair.join(' '), review]));
  const all = [...byPair.values()];
  await db.query(
    `insert into person_review as known (one, other, score, reasons, doubted)
     select * from unnest($1::text[], $2::text[], $3::float8[], $4::jsonb[], $5::text[])
     on conflict (one, other) do update set score = excluded.score, reasons = excluded.reasons,
       doubted = excluded.doubted, state = 'waiting', decided_at = null
       where known.state = 'withdrawn'`,
    [
      all.map(({ pair: [one] }) => one),
      all.map(({ pair: [, other] }) => other),
      all.map(({ score }) => score),
      all.map(({ reasons }) => JSON.stringify(reasons)),
      all.map(({ doubted }) => doubted ?? null),
    ],
  );
};

/** Pairs that have become one person by something else need nobody's decision any more. */
export const settleReviews = async (db: Db, persons: readonly string[]): Promise<void> => {
  await db.query(
    `update person_review r set state = 'withdrawn', decided_at = clock_timestamp()
     from person_record a, person_record b
     where r.state = 'waiting' and r.doubted is null and a.record = r.one and b.record = r.other
       and a.person = b.person and a.person = any($1)`,
    [persons],
  );
};

/** Records that are not there any more. */
export const dropRecords = async (db: Db, records: readonly string[]): Promise<void> => {
  await db.query('delete from person_record where record = any($1)', [records]);
  await noteReviews(db, records, []);
};

/** `pairKey`s of those that somebody keeps apart. */
export const readDifferent = async (db: Db, records: readonly string[]): Promise<ReadonlySet<string>> => {
  const { rows } = await db.query<{ one: string; other: string }>(
    'select one, other from person_different where one = any($1) and other = any($1)',
    [records],
  );
  return new Set(rows.map(({ one, other }) => `${one} ${other}`));
};

export const keepApart = async (
  db: Db,
  pairs: readonly (readonly [one: string, other: string])[],
  { by, why }: { readonly by: string; readonly why: string },
): Promise<void> => {
  const sorted = pairs.map(([one, other]) => ordered(one, other));
  await db.query(
    `insert into person_different (one, other, said_by, why)
     select one, other, $3, $4 from unnest($1::text[], $2::text[]) as pair (one, other) on conflict do nothing`,
    [sorted.map(([one]) => one), sorted.map(([, other]) => other), by, why],
  );
};

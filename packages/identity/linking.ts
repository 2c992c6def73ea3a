/**
 * Which records are of one human being, kept up with every change: what is certain is linked, what is possible waits for a
 * steward. Changed records stand in a table that is written with them, so that none is forgotten, whatever ends this
 * process; one transaction at a time changes who is who. IHE PIXm ITI-104; docs/decisions/0032-the-index-of-persons.md.
 */
import { randomUUID } from 'node:crypto';
import { transaction } from '@affinity/store/postgres/pool.ts';
import type pg from 'pg';
import {
  type Changed,
  doubtsOf,
  findMatches,
  type Known,
  type ReadingNeighbours,
  readChanged,
  readKnown,
  readMembers,
} from './changed-records.ts';
import {
  addPersons,
  dropRecords,
  type EventRow,
  foldPersons,
  holdPersons,
  noteEvents,
  noteReviews,
  readDifferent,
  settleReviews,
  writeRecords,
} from './linking-rows.ts';
import { type Group, join, type Pair, pairKey } from './union.ts';

/** Done in the transaction that changed who these persons are: what of it stands elsewhere follows with it. */
export type PersonsChanged = (db: pg.PoolClient, persons: readonly string[]) => Promise<void>;

export interface LinkingNeighbours extends ReadingNeighbours {
  readonly pool: pg.Pool;
  /** records of one transaction */
  readonly recordsAtOnce: number;
  /** records that one person may have */
  readonly recordsMost: number;
  readonly changed?: PersonsChanged;
}

const bySource = { by: 'source', why: 'its source says that the other has replaced it' };

const replacements = (changed: readonly Changed[]): readonly Pair[] =>
  changed.flatMap(({ record, replacedBy }) =>
    // Surer than any comparison.
    replacedBy === undefined ? [] : [{ one: record, other: replacedBy, score: 2, reasons: [bySource.why] }],
  );

/** By what a record or a whole person came to the others. */
const tieOf = ({ ties }: Group, records: readonly string[]): Omit<EventRow, 'kind' | 'records'> => {
  const tie = ties.find(({ one, other }) => records.includes(one) !== records.includes(other)) ?? ties[0];
  if (tie === undefined) return { by: 'matcher', why: '' };
  return tie.score > 1 ? bySource : { by: 'matcher', why: tie.reasons.join('; '), score: tie.score };
};

/** The oldest of several persons survives, so that the fewest have to learn another id. */
const oldestOf = async (db: pg.PoolClient, persons: readonly string[]): Promise<string | undefined> => {
  const { rows } = await db.query<{ id: string }>(
    'select id from indexed_person where id = any($1) order by made_at, id limit 1',
    [persons],
  );
  return rows[0]?.id;
};

/** Makes persons of the groups. @returns the person of each fresh record */
const applyGroups = async (
  db: pg.PoolClient,
  groups: readonly Group[],
  members: ReadonlyMap<string, string>,
): Promise<ReadonlyMap<string, string>> => {
  const personOf = new Map<string, string>();
  const events: EventRow[] = [];
  for (const group of groups) {
    const known = await oldestOf(db, group.persons);
    const survivor = known ?? randomUUID();
    if (known === undefined) await addPersons(db, [survivor]);
    const losers = group.persons.filter((person) => person !== survivor);
    for (const loser of losers) {
      const records = [...members].flatMap(([record, person]) => (person === loser ? [record] : []));
      events.push({ kind: 'merge', from: loser, to: survivor, records, ...tieOf(group, records) });
    }
    if (losers.length > 0) await foldPersons(db, survivor, losers);
    const founders = known === undefined ? 1 : 0;
    for (const [at, record] of [...group.fresh].sort().entries()) {
      personOf.set(record, survivor);
      if (at >= founders) events.push({ kind: 'link', to: survivor, records: [record], ...tieOf(group, [record]) });
    }
  }
  await noteEvents(db, events);
  return personOf;
};

const noteGone = async (
  db: pg.PoolClient,
  gone: readonly Known[],
  { matcher, base }: LinkingNeighbours,
): Promise<void> => {
  if (gone.length === 0) return;
  const places = gone.map(({ record }) => ({ base, patient: record }));
  await matcher.forget(db, places);
  await dropRecords(
    db,
    gone.map(({ record }) => record),
  );
  const why = 'its source has removed it';
  await noteEvents(
    db,
    gone.map(({ record, person }) => ({ kind: 'unlink', by: 'source', why, from: person, records: [record] })),
  );
};

const linkBatch = async (db: pg.PoolClient, neighbours: LinkingNeighbours): Promise<number> => {
  await holdPersons(db);
  const { rows: pending } = await db.query<{ change: string; record: string }>(
    'select change, record from person_pending order by change limit $1',
    [neighbours.recordsAtOnce],
  );
  if (pending.length === 0) return 0;
  const touched = [...new Set(pending.map(({ record }) => record))];
  const known = await readKnown(db, touched);
  const changed = await readChanged(db, touched, neighbours);
  const there = new Set(changed.map(({ record }) => record));
  const gone = [...known.values()].filter(({ record }) => !there.has(record));
  await noteGone(db, gone, neighbours);

  // What its source has put back in its own place is by itself again, until something ties it anew.
  const back = changed.flatMap(({ record, replacedBy }) => {
    const before = known.get(record);
    return before?.replaced_by && replacedBy !== before.replaced_by ? [before] : [];
  });
  const isBack = new Set(back.map(({ record }) => record));
  const backWhy = { by: 'source', why: 'its source takes back that the other has replaced it' };
  await noteEvents(
    db,
    back.map(({ record, person }) => ({ kind: 'unlink', ...backWhy, from: person, records: [record] })),
  );

  const found = await findMatches(db, changed, neighbours);
  const certain = [...replacements(changed), ...found.certain];
  const pairs = [...certain, ...found.possible];
  const others = await readKnown(db, [...new Set(pairs.flatMap(({ one, other }) => [one, other]))]);
  const persons = new Set([...known.values(), ...others.values()].map(({ person }) => person));
  const members = await readMembers(db, [...persons]);
  const records = new Map<string, string | undefined>([
    ...[...members].map(([record, person]) => [record, isBack.has(record) ? undefined : person] as const),
    ...changed.flatMap(({ record }) => (members.has(record) ? [] : [[record, undefined] as const])),
  ]);
  const different = await readDifferent(db, [...records.keys()]);
  const { recordsMost } = neighbours;
  const { groups, blocked } = join({ records, certain, different, recordsMost });
  const fresh = await applyGroups(db, groups, members);
  const now = await readMembers(db, [...persons, ...fresh.values()]);
  const personOf = (record: string): string | undefined => fresh.get(record) ?? now.get(record);
  await writeRecords(
    db,
    changed.flatMap((one) => {
      const person = personOf(one.record);
      return person === undefined ? [] : [{ ...one, person }];
    }),
  );
  const replaced = new Set([...others.values()].flatMap((one) => (one.replaced_by === null ? [] : [one.record])));
  const open = [...found.possible, ...blocked].filter(
    ({ one, other }) => !different.has(pairKey(one, other)) && personOf(one) !== personOf(other),
  );
  const doubts = doubtsOf(
    changed.filter(({ record }) => known.has(record)),
    now,
    replaced,
    found,
  );
  await noteReviews(db, touched, [...open, ...doubts]);
  const touchedPersons = [...new Set([...persons, ...fresh.values()])];
  await settleReviews(db, touchedPersons);
  await neighbours.changed?.(db, touchedPersons);
  await db.query('delete from person_pending where change = any($1)', [pending.map(({ change }) => change)]);
  return pending.length;
};

/** Links what has changed until nothing is left. Whoever comes meanwhile waits, and finds it done. */
export const linkPending = async (neighbours: LinkingNeighbours): Promise<number> => {
  let total = 0;
  for (;;) {
    // Most often there is nothing: then nobody waits for anybody.
    const { rows } = await neighbours.pool.query('select from person_pending limit 1');
    if (rows.length === 0) return total;
    total += await transaction(neighbours.pool, (db) => linkBatch(db, neighbours));
  }
};

/** What a steward decides, each in one transaction that nobody else changes persons beside. FHIR R4 patient.html#links. */
import { randomUUID } from 'node:crypto';
import type { Deciding, Stewarding, Stewardship } from '@affinity/core/identity/stewardship.ts';
import { transaction } from '@affinity/store/postgres/pool.ts';
import type pg from 'pg';
import { readMembers } from './changed-records.ts';
import type { PersonsChanged } from './linking.ts';
import {
  addPersons,
  foldPersons,
  holdPersons,
  keepApart,
  noteEvents,
  readDifferent,
  settleReviews,
} from './linking-rows.ts';
import { createReview } from './review.ts';

export interface StewardNeighbours {
  readonly pool: pg.Pool;
  /** the schema in which the records stand */
  readonly schema: string;
  readonly changed?: PersonsChanged;
}

type Db = pg.PoolClient;

const personOf = async (db: Db, record: string): Promise<string | undefined> => {
  const { rows } = await db.query<{ person: string }>('select person from person_record where record = $1', [record]);
  return rows[0]?.person;
};

const product = (some: readonly string[], others: readonly string[]): readonly (readonly [string, string])[] =>
  some.flatMap((one) => others.map((other) => [one, other] as const));

/** Gives records back to a person, which stands again, and keeps them apart from those that they leave. */
const moveApart = async (
  db: Db,
  move: { readonly records: readonly string[]; readonly from: string; readonly to: string },
  deciding: Deciding,
): Promise<void> => {
  const staying = [...(await readMembers(db, [move.from])).keys()].filter((record) => !move.records.includes(record));
  await keepApart(db, product(move.records, staying), deciding);
  await db.query('update indexed_person set survivor = null where id = $1', [move.to]);
  await db.query('update person_record set person = $1 where record = any($2)', [move.to, move.records]);
};

const unlinkRecord = async (db: Db, record: string, deciding: Deciding): Promise<readonly string[]> => {
  const from = await personOf(db, record);
  if (from === undefined || (await readMembers(db, [from])).size < 2) return [];
  const to = randomUUID();
  await addPersons(db, [to]);
  await moveApart(db, { records: [record], from, to }, deciding);
  await noteEvents(db, [{ kind: 'unlink', ...deciding, from, to, records: [record] }]);
  return [from, to];
};

/** @returns the persons concerned, or why not */
const mergePersons = async (
  db: Db,
  survivor: string,
  other: string,
  deciding: Deciding,
  kind: 'merge' | 'link' = 'merge',
): Promise<readonly string[] | Exclude<Stewarding, 'done'>> => {
  const { rows } = await db.query('select from indexed_person where id = any($1) and survivor is null', [
    [survivor, other],
  ]);
  if (rows.length !== 2) return 'absent';
  const members = await readMembers(db, [survivor, other]);
  const ofOther = [...members].flatMap(([record, person]) => (person === other ? [record] : []));
  const different = await readDifferent(db, [...members.keys()]);
  const apart = [...different].some((pair) => {
    const [one = '', two = ''] = pair.split(' ');
    return ofOther.includes(one) !== ofOther.includes(two);
  });
  if (apart) return 'kept-apart';
  await foldPersons(db, survivor, [other]);
  await noteEvents(db, [{ kind, ...deciding, from: other, to: survivor, records: ofOther }]);
  return [survivor, other];
};

interface Open {
  readonly one: string;
  readonly other: string;
  readonly doubted: string | null;
}

const decideCase = async (
  db: Db,
  { one, other, doubted }: Open,
  verdict: 'same' | 'different',
  deciding: Deciding,
): Promise<readonly string[] | Exclude<Stewarding, 'done'>> => {
  const [a, b] = [await personOf(db, one), await personOf(db, other)];
  if (a === undefined || b === undefined) return 'absent';
  if (verdict === 'same') return a === b ? [a] : mergePersons(db, a, b, deciding, 'link');
  if (a === b) return unlinkRecord(db, doubted ?? other, deciding);
  await keepApart(db, [[one, other]], deciding);
  await noteEvents(db, [{ kind: 'different', ...deciding, from: a, to: b, records: [one, other] }]);
  return [a, b];
};

export const createStewardship = ({ pool, schema, changed }: StewardNeighbours): Stewardship => {
  const alone = (work: (db: Db) => Promise<readonly string[] | Exclude<Stewarding, 'done'>>): Promise<Stewarding> =>
    transaction(pool, async (db) => {
      await holdPersons(db);
      const persons = await work(db);
      if (typeof persons === 'string') return persons;
      if (persons.length === 0) return 'absent';
      await settleReviews(db, persons);
      await changed?.(db, persons);
      return 'done';
    });

  return {
    ...createReview({ pool, schema }),
    decide: async (id, verdict, deciding) => {
      let before = false;
      const done = await alone(async (db) => {
        if (!/^\d{1,18}$/.test(id)) return 'absent';
        const { rows } = await db.query<Open & { state: string }>(
          'select one, other, doubted, state from person_review where id = $1 for update',
          [id],
        );
        const [open] = rows;
        if (open === undefined) return 'absent';
        before = open.state !== 'waiting';
        if (before) return 'absent';
        const persons = await decideCase(db, open, verdict, deciding);
        if (typeof persons !== 'string')
          await db.query(
            `update person_review set state = $2, decided_at = clock_timestamp(), decided_by = $3, why = $4
             where id = $1`,
            [id, verdict, deciding.by, deciding.why],
          );
        return persons;
      });
      return before ? 'decided-already' : done;
    },
    unlink: (record, deciding) => alone((db) => unlinkRecord(db, record, deciding)),
    merge: (survivor, other, deciding) =>
      alone(async (db) => (survivor === other ? 'absent' : mergePersons(db, survivor, other, deciding))),
    unmerge: (event, deciding) =>
      alone(async (db) => {
        if (!/^\d{1,18}$/.test(event)) return 'absent';
        const { rows } = await db.query<{ from_person: string | null; to_person: string; records: string[] }>(
          `select from_person, to_person, records from person_event where event = $1 and kind in ('merge', 'link')`,
          [event],
        );
        const [step] = rows;
        if (step === undefined) return 'absent';
        // Only what is still where the step brought it, wherever that person has gone since.
        const members = new Map<string, string>();
        for (const record of step.records) {
          const person = await personOf(db, record);
          if (person !== undefined && person !== step.from_person) members.set(record, person);
        }
        const [now] = new Set(members.values());
        const records = [...members].flatMap(([record, person]) => (person === now ? [record] : []));
        if (now === undefined || (await readMembers(db, [now])).size === records.length) return 'absent';
        const to = step.from_person ?? randomUUID();
        if (step.from_person === null) await addPersons(db, [to]);
        await moveApart(db, { records, from: now, to }, deciding);
        await noteEvents(db, [{ kind: 'unmerge', ...deciding, from: now, to, records }]);
        return [now, to];
      }),
  };
};

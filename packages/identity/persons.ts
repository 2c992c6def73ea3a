/** The index of persons, read from its tables. IHE PIXm (ITI-83). What more than one person has is nobody's. */
import type { PersonIdentifier, PersonIndex, Place, SurvivorOf } from '@affinity/core/identity/person-index.ts';
import type pg from 'pg';

type Queryable = pg.Pool | pg.PoolClient;

export interface PersonsNeighbours {
  readonly db: Queryable;
  /** base of the identity server: its own records are places too, which lead to their person */
  readonly base: string;
}

export interface Persons extends PersonIndex {
  readonly survivorOf: SurvivorOf;
}

const withoutSlash = (base: string): string => base.replace(/\/+$/, '');

export const createPersons = ({ db, base }: PersonsNeighbours): Persons => {
  const one = async (text: string, values: readonly unknown[]): Promise<string | undefined> => {
    const { rows } = await db.query<{ person: string }>(text, [...values]);
    const [row] = rows;
    return rows.length === 1 ? row?.person : undefined;
  };
  return {
    personByIdentifier: ({ system, value }) =>
      one(
        `select distinct person from person_identifier join person_record using (record)
         where system = $1 and value = $2 limit 2`,
        [system, value],
      ),
    personAt: ({ base: at, patient }) =>
      withoutSlash(at) === base
        ? one('select person from person_record where record = $1', [patient])
        : one(`select person from person_place join person_record using (record) where base = $1 and patient = $2`, [
            withoutSlash(at),
            patient,
          ]),
    placesOf: async (person) =>
      (
        await db.query<Place>(
          `select base, patient from person_record join person_place using (record)
           where person = (select coalesce(survivor, id) from indexed_person where id = $1) order by base, patient`,
          [person],
        )
      ).rows,
    identifiersOf: async (person) =>
      (
        await db.query<PersonIdentifier>(
          `select distinct system, value from person_record join person_identifier using (record)
           where person = (select coalesce(survivor, id) from indexed_person where id = $1) and replaced_by is null
           order by system, value`,
          [person],
        )
      ).rows,
    survivorOf: (person) => one('select coalesce(survivor, id) as person from indexed_person where id = $1', [person]),
  };
};

/** Of each of these records, the others of the same person. */
export const otherRecordsOf = async (
  db: Queryable,
  records: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> => {
  const { rows } = await db.query<{ record: string; others: readonly string[] }>(
    `select one.record, array_agg(other.record order by other.record) as others
     from person_record one join person_record other using (person)
     where one.record = any($1) and one.record <> other.record group by one.record`,
    [records],
  );
  return new Map(rows.map(({ record, others }) => [record, others]));
};

/**
 * The links of the domain follow the index of persons, in the transaction that changes who is who: a record elsewhere of a person
 * whom the home knows is that patient's there. What somebody has stated, or taken back, stands before it. IHE PIXm (ITI-83);
 * docs/decisions/0033-who-somebody-is.md.
 */
import type pg from 'pg';
import { canonicalBase } from './audience.ts';

/** Where the index knows a person. */
export interface IndexedPlace {
  readonly person: string;
  readonly base: string;
  /** id of the Patient there */
  readonly patient: string;
  /** its source has put another record in its place */
  readonly replaced: boolean;
  /** of a server that has a Patient for each of the home's: whose it is */
  readonly of?: string;
}

interface Row {
  readonly patient: string;
  readonly base: string;
  readonly there: string;
  readonly origin: 'stated' | 'index';
}

const pair = (one: string, other: string): string => `${one} ${other}`;

/** Those of these patients of the home, and those of these records elsewhere. */
const readRows = async (
  db: pg.PoolClient,
  homes: readonly string[],
  elsewhere: readonly IndexedPlace[],
): Promise<readonly Row[]> => {
  const { rows } = await db.query<Row>(
    `select patient, base, local_patient as there, origin from patient_at_server where patient = any($1)
     union
     select patient, base, local_patient, origin from patient_at_server
       join unnest($2::text[], $3::text[]) as one (base, local_patient) using (base, local_patient)`,
    [homes, elsewhere.map(({ base }) => base), elsewhere.map(({ patient }) => patient)],
  );
  return rows;
};

const readTakenBack = async (db: pg.PoolClient, homes: readonly string[]): Promise<ReadonlySet<string>> => {
  const { rows } = await db.query<Omit<Row, 'origin'>>(
    `select id as patient, base, there from link_taken_back where type = 'Patient' and id = any($1)`,
    [homes],
  );
  return new Set(rows.map(({ patient, base, there }) => pair(patient, pair(base, there))));
};

/** Of each person and base those that are in use; where none is, those that were. In an order that is always the same. */
const inUse = (places: readonly IndexedPlace[]): readonly IndexedPlace[] => {
  const used = new Set(places.flatMap(({ replaced, base, person }) => (replaced ? [] : [pair(base, person)])));
  return places
    .filter(({ replaced, base, person }) => !replaced || !used.has(pair(base, person)))
    .toSorted((one, other) => (pair(one.base, one.patient) < pair(other.base, other.patient) ? -1 : 1));
};

/** Every statement is told to the feed, so that what changes nothing is not said. */
const writeRows = async (db: pg.PoolClient, gone: readonly Row[], made: readonly Row[]): Promise<void> => {
  if (gone.length > 0)
    await db.query(
      `delete from patient_at_server p using unnest($1::text[], $2::text[]) as one (patient, base)
       where p.patient = one.patient and p.base = one.base and p.origin = 'index'`,
      [gone.map(({ patient }) => patient), gone.map(({ base }) => base)],
    );
  if (made.length > 0)
    await db.query(
      `insert into patient_at_server (patient, base, local_patient, origin)
       select patient, base, there, 'index' from unnest($1::text[], $2::text[], $3::text[]) as one (patient, base, there)
       on conflict do nothing`,
      [made.map(({ patient }) => patient), made.map(({ base }) => base), made.map(({ there }) => there)],
    );
};

/**
 * One link for each person and server: one that stands and still holds is kept, so that tokens in use go on meaning the same
 * record. @param given every place of every person concerned, as it stands now; those at servers that are not followed are left out
 */
export async function followPersons(db: pg.PoolClient, home: string, given: readonly IndexedPlace[]): Promise<void> {
  const own = canonicalBase(home);
  const all = given.map((place) => ({ ...place, base: canonicalBase(place.base) }));
  const places = inUse(all);
  const elsewhere = places.filter(({ base }) => base !== own);
  const bases = new Set(elsewhere.map(({ base }) => base));
  const ofPlace = new Map(elsewhere.map((place) => [pair(place.base, place.patient), place]));
  const homesOf = Map.groupBy(
    places.filter(({ base }) => base === own),
    ({ person }) => person,
  );
  const ofHome = new Map([...homesOf].flatMap(([person, its]) => its.map(({ patient }) => [patient, person] as const)));
  const homes = [...new Set(all.flatMap(({ base, patient }) => (base === own ? [patient] : [])))];
  const rows = await readRows(db, homes, all);

  const holds = ({ patient, base, there }: Row): boolean => {
    const place = ofPlace.get(pair(base, there));
    const person = ofHome.get(patient);
    return person !== undefined && place?.person === person && (place.of ?? patient) === patient;
  };
  const takenHome = new Set<string>();
  const takenThere = new Set<string>();
  const linked = new Set<string>();
  const keep = (row: Row, person: string | undefined): void => {
    takenHome.add(pair(row.base, row.patient));
    takenThere.add(pair(row.base, row.there));
    if (person !== undefined) linked.add(pair(row.base, person));
  };
  const isOpen = (base: string, person: string, of?: string): boolean =>
    of !== undefined || !linked.has(pair(base, person));
  const gone: Row[] = [];
  for (const row of rows.filter(({ origin }) => origin === 'stated')) keep(row, ofHome.get(row.patient));
  for (const row of rows.filter(({ origin }) => origin === 'index')) {
    const person = ofHome.get(row.patient);
    const { of } = ofPlace.get(pair(row.base, row.there)) ?? {};
    // Of two persons who have become one there may be two.
    if (person !== undefined && holds(row) && isOpen(row.base, person, of)) keep(row, person);
    else gone.push(row);
  }
  const takenBack = bases.size === 0 ? new Set<string>() : await readTakenBack(db, homes);
  const made: Row[] = [];
  for (const { person, base, patient: there, of } of elsewhere) {
    if (!isOpen(base, person, of) || takenThere.has(pair(base, there))) continue;
    const found = homesOf
      .get(person)
      ?.find(
        ({ patient }) =>
          (of ?? patient) === patient &&
          !takenHome.has(pair(base, patient)) &&
          !takenBack.has(pair(patient, pair(base, there))),
      );
    if (found === undefined) continue;
    const row: Row = { patient: found.patient, base, there, origin: 'index' };
    made.push(row);
    keep(row, person);
  }
  await writeRows(db, gone, made);
}

/**
 * Under which ids other servers of the domain know the same patient and the same person. IHE PIXm (ITI-83). Ids of the first
 * server, the home, are the domain's own; what is not known elsewhere is nobody there, never whoever has the same id.
 */
import type pg from 'pg';
import { canonicalBase } from './audience.ts';
import type { Person } from './people.ts';

type Queryable = pg.Pool | pg.PoolClient;

/** @param db in a transaction its own connection */
export type PatientAt = (db: Queryable, patient: string, base: string) => Promise<string | undefined>;

export interface CrossReference {
  /** base of the server whose ids are the domain's own, and which keeps the Consents */
  readonly home: string;
  /** a patient's id at the server of this base; undefined where the patient is not known there */
  readonly patientAt: PatientAt;
  /** the same person, with a `fhirUser` that is right at that server: always absolute */
  personAt(db: Queryable, person: Person, base: string): Promise<Person>;
}

/** Types of which ids at other servers are known, each with its table and the columns of it. */
const tables = {
  Patient: { table: 'patient_at_server', home: 'patient', there: 'local_patient' },
  Practitioner: { table: 'practitioner_at_server', home: 'practitioner', there: 'local_practitioner' },
} as const;
export type LinkedType = keyof typeof tables;
export const linkedTypes = Object.keys(tables) as readonly LinkedType[];
const isLinkedType = (type: string | undefined): type is LinkedType =>
  type !== undefined && Object.hasOwn(tables, type);

/** What was linked by `link`. */
export async function findLinked(
  db: Queryable,
  type: LinkedType,
  id: string,
  base: string,
): Promise<string | undefined> {
  const { table, home, there } = tables[type];
  const { rows } = await db.query<{ there: string }>(
    `select ${there} as there from ${table} where ${home} = $1 and base = $2`,
    [id, base],
  );
  return rows[0]?.there;
}

/** What was linked by `linkPatient`. */
export const findLinkedPatient: PatientAt = (db, patient, base) => findLinked(db, 'Patient', patient, base);

/** @param home base of the server whose ids are the domain's own */
export function createCrossReference(home: string, linked: PatientAt = findLinkedPatient): CrossReference {
  const own = canonicalBase(home);
  const patientAt: PatientAt = async (db, patient, base) =>
    canonicalBase(base) === own ? patient : linked(db, patient, canonicalBase(base));
  const known = (db: Queryable, type: LinkedType, id: string, base: string): Promise<string | undefined> => {
    if (type === 'Patient') return patientAt(db, id, base);
    return base === own ? Promise.resolve(id) : findLinked(db, type, id, base);
  };
  return {
    home: own,
    patientAt,
    async personAt(db, person, given) {
      const { fhirUser } = person;
      if (fhirUser === undefined) return person;
      const base = canonicalBase(given);
      const atHome = fhirUser.startsWith(`${own}/`) ? fhirUser.slice(own.length + 1) : fhirUser;
      if (/^https?:/.test(atHome)) return person;
      const [, type, id = ''] = /^([A-Za-z]+)\/([^/]+)$/.exec(atHome) ?? [];
      const there = isLinkedType(type) ? await known(db, type, id, base) : undefined;
      return { ...person, fhirUser: there === undefined ? `${own}/${atHome}` : `${base}/${type}/${there}` };
    },
  };
}

/** By id at the one server: the id at the other; what is not linked is left out. */
export type LinkedIds = ReadonlyMap<string, string>;

/** Many at once. @param from whose ids are given */
export async function findAllLinked(
  db: Queryable,
  type: LinkedType,
  base: string,
  from: 'home' | 'there',
  ids: readonly string[],
): Promise<LinkedIds> {
  const { table, home, there } = tables[type];
  const [given, wanted] = from === 'home' ? [home, there] : [there, home];
  const { rows } = await db.query<{ given: string; wanted: string }>(
    `select ${given} as given, ${wanted} as wanted from ${table} where base = $1 and ${given} = any($2)`,
    [canonicalBase(base), ids],
  );
  return new Map(rows.map((row) => [row.given, row.wanted]));
}

export type Linking = 'linked' | 'linked-already' | 'taken';

/**
 * Says under which id another server knows somebody. It stands before what the index of persons says of either of the two.
 * Neither a second id of the same one nor an id of another that somebody has stated is taken.
 */
export async function link(db: Queryable, type: LinkedType, id: string, base: string, known: string): Promise<Linking> {
  const { table, home, there } = tables[type];
  const at = canonicalBase(base);
  const stated = `select from ${table} where base = $2 and origin = 'stated' and (${home} = $1 or ${there} = $3)`;
  await db.query(
    `with again as (delete from link_taken_back where type = $4 and id = $1 and base = $2 and there = $3)
     delete from ${table} where base = $2 and origin = 'index' and (${home} = $1 or ${there} = $3) and not exists (${stated})`,
    [id, at, known, type],
  );
  const { rowCount } = await db.query(
    `insert into ${table} (${home}, base, ${there}) values ($1, $2, $3) on conflict do nothing`,
    [id, at, known],
  );
  if (rowCount === 1) return 'linked';
  return (await findLinked(db, type, id, at)) === known ? 'linked-already' : 'taken';
}

/** The same for many, each with the id there; what is taken stays as it is. */
export async function linkAll(
  db: Queryable,
  type: LinkedType,
  base: string,
  links: readonly (readonly [id: string, there: string])[],
): Promise<void> {
  const { table, home, there } = tables[type];
  await db.query(
    `insert into ${table} (${home}, base, ${there})
     select id, $1, there from unnest($2::text[], $3::text[]) as one (id, there) on conflict do nothing`,
    [canonicalBase(base), links.map(([id]) => id), links.map(([, known]) => known)],
  );
}

/**
 * Takes that back, for good where the index of persons made it: no token for that server is issued any more, and those in use
 * open nothing there.
 */
export async function unlink(db: Queryable, type: LinkedType, id: string, base: string): Promise<boolean> {
  const { table, home, there } = tables[type];
  const { rowCount } = await db.query(
    `with gone as (
       delete from ${table} where ${home} = $1 and base = $2 returning ${there} as there
     )
     insert into link_taken_back (type, id, base, there) select $3, $1, $2, there from gone
     on conflict (type, id, base, there) do update set at = excluded.at`,
    [id, canonicalBase(base), type],
  );
  return rowCount === 1;
}

export const linkPatient = (db: Queryable, patient: string, base: string, there: string): Promise<Linking> =>
  link(db, 'Patient', patient, base, there);

export const unlinkPatient = (db: Queryable, patient: string, base: string): Promise<boolean> =>
  unlink(db, 'Patient', patient, base);

export interface Link {
  readonly id: string;
  readonly base: string;
  readonly there: string;
}

/** Of one server or of all of them, by id. */
export async function listLinks(
  db: Queryable,
  type: LinkedType,
  { base, limit }: { readonly base?: string; readonly limit: number },
): Promise<readonly Link[]> {
  const { table, home, there } = tables[type];
  const { rows } = await db.query<Link>(
    `select ${home} as id, base, ${there} as there from ${table}
     where $1::text is null or base = $1 order by ${home}, base limit $2`,
    [base === undefined ? null : canonicalBase(base), limit],
  );
  return rows;
}

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

/** What was linked by `linkPatient`. */
export const findLinkedPatient: PatientAt = async (db, patient, base) => {
  const { rows } = await db.query<{ local_patient: string }>(
    'select local_patient from patient_at_server where patient = $1 and base = $2',
    [patient, base],
  );
  return rows[0]?.local_patient;
};

/** @param home base of the server whose ids are the domain's own */
export function createCrossReference(home: string, linked: PatientAt = findLinkedPatient): CrossReference {
  const own = canonicalBase(home);
  const patientAt: PatientAt = async (db, patient, base) =>
    canonicalBase(base) === own ? patient : linked(db, patient, canonicalBase(base));
  return {
    home: own,
    patientAt,
    async personAt(db, person, base) {
      const { fhirUser } = person;
      if (fhirUser === undefined) return person;
      const atHome = fhirUser.startsWith(`${own}/`) ? fhirUser.slice(own.length + 1) : fhirUser;
      if (/^https?:/.test(atHome)) return person;
      const patient = /^Patient\/([^/]+)$/.exec(atHome)?.[1];
      const there = patient === undefined ? undefined : await patientAt(db, patient, base);
      return {
        ...person,
        fhirUser: there === undefined ? `${own}/${atHome}` : `${canonicalBase(base)}/Patient/${there}`,
      };
    },
  };
}

export type Linking = 'linked' | 'linked-already' | 'taken';

/** Says under which id another server knows a patient. Neither a second id of the same patient nor an id of another is taken. */
export async function linkPatient(db: Queryable, patient: string, base: string, there: string): Promise<Linking> {
  const known = canonicalBase(base);
  const { rowCount } = await db.query(
    'insert into patient_at_server (patient, base, local_patient) values ($1, $2, $3) on conflict do nothing',
    [patient, known, there],
  );
  if (rowCount === 1) return 'linked';
  return (await findLinkedPatient(db, patient, known)) === there ? 'linked-already' : 'taken';
}

/** Takes that back: no token for that server is issued for the patient any more. */
export async function unlinkPatient(db: Queryable, patient: string, base: string): Promise<boolean> {
  const { rowCount } = await db.query('delete from patient_at_server where patient = $1 and base = $2', [
    patient,
    canonicalBase(base),
  ]);
  return rowCount === 1;
}

/**
 * Who is who, as the locator has to know it: the index of persons, and what somebody has stated about the same patient at two
 * servers, which goes before it. A patient of the home whom the index does not have is a person by the id of the home. IHE PIXm.
 */
import type { PersonIndex, Place } from '@affinity/core/identity/person-index.ts';
import type pg from 'pg';

export interface LocatedNeighbours {
  readonly pool: pg.Pool;
  readonly index: PersonIndex;
  /** who is nobody here, whoever asks */
  readonly optOuts: { has(person: string): Promise<boolean> };
  /** of the server whose ids are the domain's own */
  readonly home: string;
  readonly locator: string;
  /** bases of servers at which records are held */
  readonly bases: readonly string[];
}

export const createLocatedPersons = ({
  pool,
  index,
  optOuts,
  home,
  locator,
  bases,
}: LocatedNeighbours): PersonIndex => {
  const one = async (text: string, values: readonly unknown[]): Promise<string | undefined> => {
    const { rows } = await pool.query<{ id: string }>(text, [...values]);
    return rows.length === 1 ? rows[0]?.id : undefined;
  };
  const homeOf = (person: string) =>
    one('select patient as id from patient_at_server where base = $1 and local_patient = $2', [locator, person]);
  const personOfHome = async (patient: string): Promise<string> =>
    (await one('select local_patient as id from patient_at_server where base = $1 and patient = $2', [
      locator,
      patient,
    ])) ?? patient;
  return {
    ...index,
    personAt: async ({ base, patient }) => {
      if (!bases.includes(base)) return undefined;
      if (base === home) return (await index.personAt({ base, patient })) ?? personOfHome(patient);
      const stated = await one('select patient as id from patient_at_server where base = $1 and local_patient = $2', [
        base,
        patient,
      ]);
      return stated === undefined ? index.personAt({ base, patient }) : personOfHome(stated);
    },
    placesOf: async (person) => {
      if (await optOuts.has(person)) return [];
      const indexed = await index.placesOf(person);
      const patient = (await homeOf(person)) ?? (indexed.length === 0 ? person : undefined);
      const { rows: stated } = await pool.query<Place>(
        'select base, local_patient as patient from patient_at_server where patient = $1 and base = any($2)',
        [patient ?? '', bases],
      );
      // Of somebody else, as it was stated.
      const { rows: others } = await pool.query<Place>(
        `select s.base, s.local_patient as patient from patient_at_server s
         join unnest($1::text[], $2::text[]) as i (base, id) on s.base = i.base and s.local_patient = i.id
         where s.patient <> $3`,
        [indexed.map(({ base }) => base), indexed.map(({ patient: id }) => id), patient ?? ''],
      );
      const own = [...(patient === undefined ? [] : [{ base: home, patient }]), ...stated, ...indexed];
      const isOthers = (place: Place): boolean =>
        others.some((other) => other.base === place.base && other.patient === place.patient);
      return own.filter(
        (place, at) =>
          !isOthers(place) &&
          own.findIndex(({ base, patient: id }) => base === place.base && id === place.patient) === at,
      );
    },
  };
};

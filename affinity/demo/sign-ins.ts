/** The sample people as accounts. One that was added to the demonstration later is added to the databases of before, too. */
import { createPeople, type People } from '@affinity/authorization-server/people.ts';
import type pg from 'pg';
import { type SamplePerson, samplePeople } from './people.ts';

/** Whoever is there already stays as they are. */
export const addSamplePeople = async (
  people: Pick<People, 'add'>,
  samples: readonly SamplePerson[] = samplePeople,
): Promise<void> => {
  await Promise.all(
    samples.map(
      ({ username, password, name, fhirUser, patients, emergency = false, administrator = false, steward = false }) =>
        people.add({
          username,
          password,
          name,
          patients,
          emergency,
          administrator,
          auditor: administrator,
          steward,
          proof: { evidence: 'sample', by: 'the demonstration' },
          ...(fhirUser === undefined ? {} : { fhirUser }),
        }),
    ),
  );
};

/** Asks first who is there: to hash a password that is not needed takes longer than all else. */
export const addMissingPeople = async (pool: pg.Pool): Promise<void> => {
  const names = samplePeople.map(({ username }) => username);
  const { rows } = await pool.query<{ username: string }>('select username from person where username = any($1)', [
    names,
  ]);
  const there = new Set(rows.map(({ username }) => username));
  const missing = samplePeople.filter(({ username }) => !there.has(username));
  if (missing.length > 0) await addSamplePeople(createPeople(pool), missing);
};

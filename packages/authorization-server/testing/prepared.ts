/** What stands in every test's database of the authorization server: people, a link to the hospital, signing keys. */
import type { Preparation } from '@affinity/store/testing/template-database.ts';
import { linkPatient } from '../cross-reference.ts';
import { makeMissingKeys } from '../key-schedule.ts';
import { createPeople, type NewPerson } from '../people.ts';

export const hospital = 'http://localhost:4000/hospital/fhir';

const people: readonly Omit<NewPerson, 'password'>[] = [
  { username: 'ana', name: 'Ana', fhirUser: 'Patient/p1', patients: [{ patient: 'p1', relation: 'self' }] },
  {
    username: 'ben',
    name: 'Ben',
    fhirUser: 'RelatedPerson/r1',
    patients: [
      { patient: 'p2', relation: 'self' },
      { patient: 'p3', relation: 'child' },
      { patient: 'p1', relation: 'child', until: new Date('2001-01-01') },
    ],
  },
  { username: 'doctor', name: 'Dr. Okafor', fhirUser: 'Practitioner/d1', emergency: true },
  { username: 'nurse', name: 'Nurse', fhirUser: 'Practitioner/n1' },
  { username: 'nobody', name: 'Nobody' },
];

export const prepared: Preparation = {
  name: 'authorization server',
  fill: async (pool) => {
    const { add } = createPeople(pool);
    for (const person of people) await add({ ...person, password: 'correct horse' });
    await linkPatient(pool, 'p1', `${hospital}/`, 'h1');
    await makeMissingKeys(pool);
  },
};

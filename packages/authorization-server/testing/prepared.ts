/** What stands in every test's database of the authorization server: people, a link to the hospital, signing keys. */
import { argon2Sync, randomBytes } from 'node:crypto';
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

const password = 'correct horse';

/** As cheap as RFC 9106 allows: nearly every test signs somebody in, and what a guess costs is shown by a test of its own. */
const cheapHash = (): string => {
  const [memory, passes, parallelism] = [8, 1, 1];
  const nonce = randomBytes(16);
  const tag = argon2Sync('argon2id', { message: password, nonce, memory, passes, parallelism, tagLength: 32 });
  const [salt, hash] = [nonce, tag].map((bytes) => bytes.toString('base64').replace(/=+$/, ''));
  return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${salt}$${hash}`;
};

export const prepared: Preparation = {
  name: 'authorization server',
  fill: async (pool) => {
    const { add } = createPeople(pool);
    for (const person of people) await add({ ...person, password });
    await pool.query('update person set password_hash = $1', [cheapHash()]);
    await linkPatient(pool, 'p1', `${hospital}/`, 'h1');
    await makeMissingKeys(pool);
  },
};

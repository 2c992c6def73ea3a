/** The index of persons over PostgreSQL: who is found, who is not, and what is left when a record goes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { testDatabase } from '@affinity/store/testing/database.ts';
import { defaultMatching } from './default-settings.ts';
import { createMatcher } from './matcher.ts';

const [clinic, hospital] = ['https://clinic.example/fhir', 'https://hospital.example/fhir'];
const patient = (more: Partial<Resource> = {}): Resource => ({
  resourceType: 'Patient',
  name: [{ family: 'Brandt', given: ['Helene'] }],
  birthDate: '1971-04-23',
  gender: 'female',
  address: [{ line: ['12 Elm Street'], city: 'Amherst', postalCode: '01002' }],
  ...more,
});

test('K33: a record is found by another of the same person until it is forgotten, and never finds itself', async (t) => {
  const { pool } = await testDatabase(t);
  const matcher = createMatcher(defaultMatching);
  const [here, there] = [
    { base: clinic, patient: '1' },
    { base: hospital, patient: '77' },
  ];
  const moved = patient({ address: [{ line: ['9 River Rd'], city: 'Hadley', postalCode: '01035' }] });
  await matcher.index(pool, [
    { place: here, patient: patient() },
    { place: there, patient: patient({ name: [{ family: 'Brand', given: ['Helen'] }] }) },
    {
      place: { base: clinic, patient: '2' },
      patient: patient({ birthDate: '1950-01-01', name: [{ family: 'Okafor', given: ['Dan'] }] }),
    },
  ]);
  const asked = { limit: 10, except: here };
  const matches = await matcher.match(pool, patient(), asked);
  assert.deepEqual(
    matches.map(({ place, grade }) => [place, grade]),
    [[there, 'certain']],
  );
  await matcher.index(pool, [{ place: there, patient: moved }]);
  assert.equal((await matcher.match(pool, patient(), asked))[0]?.comparison.address, 'different');
  await matcher.forget(pool, [there]);
  assert.deepEqual(await matcher.match(pool, patient(), asked), []);
  const { rows } = await pool.query('select distinct record from match_key');
  assert.equal(rows.length, 2);
});

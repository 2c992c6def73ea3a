/** The index of persons over PostgreSQL: who is found, who is not, and what is left when a record goes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { testDatabase } from '@affinity/store/testing/database.ts';
import { population } from '../testing/population.ts';
import { defaultMatching } from './default-settings.ts';
import { createMatcher, type MatchRecord } from './matcher.ts';

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

const hostel = [{ system: 'phone', value: '413 555 0199' }];
/** Very many who share a telephone, a date of birth and a name that sounds alike: every key of theirs is crowded. */
const crowd = (from: number, count: number): readonly MatchRecord[] =>
  Array.from({ length: count }, (_, at) => ({
    place: { base: hospital, patient: `crowd-${from + at}` },
    patient: patient({
      name: [{ family: 'Brandt', given: [`Helene${'abcdefgh'[at % 8]}`] }],
      telecom: hostel,
      address: [],
    }),
  }));

test('K33: a key that very many share costs no more than another, and hides nobody who shares a rarer one', async (t) => {
  const { pool } = await testDatabase(t);
  const matcher = createMatcher({ ...defaultMatching, neighbours: 5 });
  const place = { base: clinic, patient: 'x' };
  const number = { identifier: [{ system: 'http://hl7.org/fhir/sid/us-ssn', value: '123456789' }] };
  await matcher.index(pool, [...crowd(0, 400), { place, patient: patient({ telecom: hostel, ...number }) }]);
  let met = 0;
  const visible = async (places: readonly unknown[]) => {
    met += places.length;
    return places.map(() => true);
  };
  const [best] = await matcher.match(pool, patient({ telecom: hostel, ...number }), { limit: 1, visible });
  assert.deepEqual(best?.place, place);
  assert.ok(met <= 24 * 2 * 5, `${met} records were looked at`);
});

test('K21, hostile: records that a caller may not know of change nothing in an answer, however many crowd the keys', async (t) => {
  const { pool } = await testDatabase(t);
  // Whoever is met is told, however unlike: nobody may be met less.
  const thresholds = { ...defaultMatching.thresholds, possible: Number.NEGATIVE_INFINITY };
  const matcher = createMatcher({ ...defaultMatching, thresholds, neighbours: 5 });
  const shown = population(7, 150).map(({ id, patient: resource }): MatchRecord => {
    const place = { base: clinic, patient: id };
    return { place, patient: { ...resource, telecom: hostel } };
  });
  const seen = new Set(shown.map(({ place }) => place.patient));
  await matcher.index(pool, shown);
  const ask = async (asked: Resource) =>
    matcher.match(pool, asked, {
      limit: 500,
      visible: async (places) => places.map((place) => seen.has(place.patient)),
    });
  const questions = [patient({ telecom: hostel }), ...shown.slice(0, 12).map((record) => record.patient)];
  const before = await Promise.all(questions.map(ask));
  assert.ok(before.some((matches) => matches.length > 1));
  const hidden = population(7, 150).map(({ id, patient: resource }) => ({
    place: { base: hospital, patient: `hidden-${id}` },
    patient: { ...resource, telecom: hostel },
  }));
  await matcher.index(pool, [...hidden, ...crowd(0, 200)]);
  assert.deepEqual(await Promise.all(questions.map(ask)), before);
});

test('K33, race: one record told by many at once stands under the keys of what was told last, and under no other', async (t) => {
  const { pool } = await testDatabase(t);
  const matcher = createMatcher(defaultMatching);
  const place = { base: clinic, patient: 'r' };
  const versions = Array.from({ length: 12 }, (_, at) => patient({ birthDate: `19${50 + at}-04-23` }));
  await Promise.all(versions.map((one) => matcher.index(pool, [{ place, patient: one }])));
  const { rows } = await pool.query(
    `select (select count(*)::int from match_key) as keys, cardinality(keys) as own,
       (select count(*)::int from match_key k where k.key = any(keys)) as right from match_record`,
  );
  assert.equal(rows[0]?.keys, rows[0]?.own);
  assert.equal(rows[0]?.right, rows[0]?.own);
});

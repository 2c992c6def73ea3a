/** Which numbers of a person's own resource are told, on PostgreSQL. FHIR R4 datatypes.html#Identifier. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createBackend } from '@affinity/store/backend.ts';
import { transaction } from '@affinity/store/postgres/pool.ts';
import { testDatabase } from '@affinity/store/testing/database.ts';
import { createIdentifierReader } from './person-identifiers.ts';

const base = 'http://localhost:4000/fhir';

test('F08: the numbers in use, with a system, of the own resource in this clinic and of nothing else', async (t) => {
  const { pool } = await testDatabase(t);
  const backend = createBackend({ pool, ownBases: [base] });
  const put = async (resource: {
    readonly resourceType: string;
    readonly id: string;
    readonly identifier?: unknown;
  }) => {
    const { resourceType: type, id } = resource;
    const content = { resource: resource as never, json: JSON.stringify(resource) };
    assert.equal((await backend.create({ type, id, content })).kind, 'created');
  };
  const mrn = { system: 'https://clinic.example/mrn', value: '1' };
  const odd = [
    { ...mrn, use: 'official' },
    { ...mrn, use: 'usual' },
    { ...mrn, use: 'old', value: '0' },
    { value: 'without a system' },
    { system: 'without a value' },
    { system: 'a', value: 'x'.repeat(256) },
    { system: 'a', value: 'x'.repeat(257) },
  ];
  await put({ resourceType: 'Patient', id: 'p1', identifier: odd });
  await put({ resourceType: 'Practitioner', id: 'd1' });
  await put({ resourceType: 'Organization', id: 'o1', identifier: [mrn] });
  const many = Array.from({ length: 21 }, (_, at) => ({ system: 's', value: String(at) }));
  await put({ resourceType: 'Practitioner', id: 'd2', identifier: many });
  const read = createIdentifierReader(backend, base);
  const of = (fhirUser: string) => transaction(pool, (db) => read(db, fhirUser));
  const long = { system: 'a', value: 'x'.repeat(256) };
  const hospital = { system: 'https://hospital.example/mrn', value: '4711' };
  const known = createIdentifierReader(backend, base, () => ({
    personAt: async ({ base: at, patient }) => (at === base && patient === 'p1' ? 'person' : undefined),
    identifiersOf: async () => [mrn, { ...mrn, value: '0' }, hospital, { system: 'a', value: 'x'.repeat(257) }],
  }));
  const everywhere = (fhirUser: string) => transaction(pool, (db) => known(db, fhirUser));
  assert.deepEqual(
    await everywhere('Patient/p1'),
    [mrn, long, hospital],
    'of the person over all sources, none that is old',
  );
  assert.equal((await everywhere('Practitioner/d2')).length, 20);
  assert.deepEqual(await everywhere('Patient/p9'), []);
  assert.deepEqual(await of('Patient/p1'), [mrn, long]);
  assert.deepEqual(await of(`${base}/Patient/p1`), [mrn, long]);
  assert.equal((await of('Practitioner/d2')).length, 20);
  for (const none of [
    'Practitioner/d1',
    'Patient/p9',
    'Organization/o1',
    'https://elsewhere.example/fhir/Patient/p1',
    'x',
  ])
    assert.deepEqual(await of(none), [], none);
});

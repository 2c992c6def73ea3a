/** Columns of kinds that databases have themselves: they become FHIR's, are found by, and sort. PostgreSQL 18 documentation, 8. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testDatabase } from '@affinity/store/testing/database.ts';
import { openPostgresql } from './postgresql.ts';
import { ask } from './testing/asking.ts';
import { openSource } from './testing/opened.ts';

const tables = `
create type sex as enum ('m', 'f');
create schema clinical;
create table clinical.person (
  id uuid primary key, code char(6), sex sex, born date, active boolean, name text, changed timestamptz, copied bytea);
create table clinical.result (
  nr numeric(12), part smallint, person uuid, value numeric(8,3), taken timestamp, seen timestamptz, ratio double precision,
  primary key (nr, part));
insert into clinical.person values
  ('6f1c0c52-7d5f-4f0a-9d39-000000000001', 'AB', 'f', '1974-03-12', true, 'Nováková', '2026-05-03 10:15:30.123456+02', null),
  ('6f1c0c52-7d5f-4f0a-9d39-000000000002', 'CD', 'm', null, false, 'Novak', null, null);
insert into clinical.result values
  (4711, 1, '6f1c0c52-7d5f-4f0a-9d39-000000000001', 0.100, '2026-03-29 00:30:00', '2026-03-29 00:30:00+01', 0.5),
  (4711, 2, '6f1c0c52-7d5f-4f0a-9d39-000000000001', 12, '2026-07-01 12:00:00.25', '2026-07-01 12:00:00+00', 'NaN'),
  (4712, 1, '6f1c0c52-7d5f-4f0a-9d39-000000000002', 1, 'infinity', now(), 1e20),
  (4713, 1, '6f1c0c52-7d5f-4f0a-9d39-000000000002', -1.5, null, null, null);
`;
const mapping = `
time_zone: Europe/Berlin
updated: 2020-01-01T00:00:00Z
codes:
  sex: { map: { m: male, f: female } }
resources:
  Patient:
    from: CLINICAL.Person
    id: ID
    updated: changed
    elements:
      identifier: { system: urn:x, value: { column: code } }
      active: { column: active }
      name: { family: { column: name } }
      gender: { column: sex, codes: sex }
      birthDate: { column: born }
  Observation:
    sql: select r.*, nr::text as label from clinical.result r;
    id: [nr, part]
    elements:
      status: final
      code: { text: { column: label } }
      subject: { column: person, reference: Patient }
      effectiveDateTime: { column: taken }
      issued: { column: seen }
      valueQuantity: { column: value, unit: mmol/L }
`;

test('uuid, char, enum, boolean, date, timestamp, timestamptz and numeric, read, found and sorted', async (t) => {
  const { pool, url } = await testDatabase(t);
  await pool.query(tables);
  const engine = openPostgresql({ url });
  t.after(() => engine.close());
  const { source, withheld } = await openSource(engine, mapping);
  const [ana, ben] = ['6f1c0c52-7d5f-4f0a-9d39-000000000001', '6f1c0c52-7d5f-4f0a-9d39-000000000002'];
  const patient = await source.read({ type: 'Patient', id: ana });
  assert.ok(patient.kind === 'found');
  const { meta, ...shown } = patient.version.resource;
  assert.equal(meta?.lastUpdated, '2026-05-03T08:15:30.123Z');
  assert.deepEqual(shown, {
    resourceType: 'Patient',
    id: ana,
    identifier: [{ system: 'urn:x', value: 'AB' }],
    active: true,
    name: [{ family: 'Nováková' }],
    gender: 'female',
    birthDate: '1974-03-12',
  });
  const result = await source.read({ type: 'Observation', id: '4711..1' });
  assert.ok(result.kind === 'found');
  assert.match(result.version.body, /"value":0\.100,/, 'decimals keep their precision');
  assert.equal(result.version.resource.effectiveDateTime, '2026-03-29T00:30:00+01:00');
  assert.equal(result.version.resource.issued, '2026-03-28T23:30:00Z');
  const finds: readonly (readonly [question: string, ...ids: readonly string[]])[] = [
    ['Patient?identifier=AB', ana],
    ['Patient?identifier=urn:x|AB', ana],
    ['Patient?gender=male', ben],
    ['Patient?gender=unknown'],
    ['Patient?active=false', ben],
    ['Patient?active=true', ana],
    ['Patient?birthdate=1974', ana],
    ['Patient?birthdate=lt1974-03-13', ana],
    ['Patient?family=novak', ana, ben],
    [`Patient?_id=${ben}`, ben],
    ['Patient?_id=4711'],
    ['Patient?_lastUpdated=ge2026', ana],
    ['Patient?_sort=-_lastUpdated', ana, ben],
    [`Observation?subject=${ana}`, '4711..1', '4711..2'],
    ['Observation?subject=Patient/4711'],
    ['Observation?date=2026-03-28', '4711..1'],
    ['Observation?date=ge2026-04', '4711..2'],
    ['Observation?_id=4711..2', '4711..2'],
    ['Observation?_sort=-date', '4711..2', '4711..1', '4713..1'],
    ['Observation?_sort=date', '4711..1', '4711..2', '4713..1'],
  ];
  for (const [question, ...ids] of finds)
    for (const count of [1, 100])
      assert.deepEqual((await ask(source, question, count)).ids, ids, `${question} by ${count}`);
  assert.deepEqual(
    withheld.map(({ element }) => element),
    ['resources.Observation.elements.effectiveDateTime'],
    'infinity is no date',
  );
  for (const id of ['4711', '4711..x', '4711..99999999999', '4711.2e0..1', 'x'])
    assert.deepEqual(await source.read({ type: 'Observation', id }), { kind: 'absent' });
  assert.deepEqual(await source.read({ type: 'Patient', id: ana.toUpperCase() }), { kind: 'absent' }, 'one id each');
});

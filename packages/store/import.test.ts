/** An import: everything sound is taken once, the rest is named, and a second time changes nothing. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { everything } from '@affinity/core/fhir/filter.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { createBackend } from './backend.ts';
import { type ImportOptions, importResources } from './import.ts';
import type { ImportItem } from './import-item.ts';
import { testDatabase } from './testing/database.ts';

const options: ImportOptions = { ownBases: ['http://localhost:4000/fhir'] };
const patient = (id: string, family: string): Resource => ({ resourceType: 'Patient', id, name: [{ family }] });
const json = (text: string, origin = 'file'): ImportItem => ({ kind: 'json', json: text, origin });
const counts = { taken: 0, created: 0, updated: 0, unchanged: 0, refused: [] };

const store = async (t: Parameters<typeof testDatabase>[0]) => {
  const { pool, url } = await testDatabase(t);
  return { pool, url, backend: createBackend({ pool, ...options }) };
};

/** Everything that a resource is found by, without what tells how it came in. */
const indexRows = async (pool: Awaited<ReturnType<typeof store>>['pool']) => {
  const all = [
    'select rid, occurred_end, confidentiality, type, id, owner, patients, terms from resource order by rid',
    'select rid, occurred_end, confidentiality, patient, type, owner, terms from compartment order by rid, patient',
    'select term, rid from posting order by term, rid',
    'select * from string_index order by rid, parameter, text',
    'select * from date_index order by rid, parameter, start_at',
  ];
  return Promise.all(all.map(async (text) => (await pool.query(text)).rows));
};

test('what is imported is stored and found just as what is created', async (t) => {
  const [one, other] = await Promise.all([store(t), store(t)]);
  const resources: Resource[] = [
    patient('p', 'O\'Brien "\\N\t\n{a,b}\\. é😀'),
    {
      resourceType: 'Observation',
      id: 'o',
      status: 'final',
      meta: { security: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: 'R' }] },
      code: { coding: [{ system: 'http://loinc.org', code: '718-7' }] },
      subject: { reference: 'Patient/p' },
      encounter: { reference: 'Encounter/e' },
      effectiveDateTime: '2024-02',
      issued: '2024-02-03T04:05:06Z',
      valueString: 'pale',
    },
  ];
  for (const resource of resources) {
    const { resourceType: type, id = '' } = resource;
    await one.backend.create({ type, id, content: { resource, json: JSON.stringify(resource) } });
  }
  await importResources(other.pool, resources, options);
  assert.deepEqual(await indexRows(other.pool), await indexRows(one.pool));
  const read = await other.backend.read({ type: 'Patient', id: 'p' }, everything);
  assert.equal(read.kind === 'found' && JSON.parse(read.version.body).name[0].family, 'O\'Brien "\\N\t\n{a,b}\\. é😀');
});

test('the same again changes nothing; what differs is a new version; told to keep, it keeps', async (t) => {
  const { pool, backend } = await store(t);
  const source = [patient('a', 'Ng'), patient('b', 'Ó')];
  assert.deepEqual(await importResources(pool, source, options), { ...counts, taken: 2, created: 2 });
  assert.deepEqual(await importResources(pool, source, options), { ...counts, taken: 2, unchanged: 2 });
  const text =
    '{"resourceType":"Patient","id":"c","multipleBirthInteger":1,"extension":[{"url":"http://x","valueDecimal":0.10}]}';
  assert.deepEqual(await importResources(pool, [json(text)], options), { ...counts, taken: 1, created: 1 });
  assert.deepEqual(await importResources(pool, [json(text)], options), { ...counts, taken: 1, unchanged: 1 });
  const changed = [patient('a', 'Ng-Smith'), patient('b', 'Ó')];
  assert.deepEqual(await importResources(pool, changed, { ...options, mode: 'keep' }), {
    ...counts,
    taken: 2,
    unchanged: 2,
  });
  assert.deepEqual(await importResources(pool, changed, options), { ...counts, taken: 2, updated: 1, unchanged: 1 });
  const read = await backend.read({ type: 'Patient', id: 'a' }, everything);
  assert.equal(read.kind === 'found' && read.version.versionId, '2');
  const kept = await backend.read({ type: 'Patient', id: 'c' }, everything);
  assert.ok(kept.kind === 'found' && kept.version.body.includes('"valueDecimal":0.10'));
});

test('the same resource many times in one source: the last stays, each change is a version', async (t) => {
  const { pool, backend } = await store(t);
  const source = ['A', 'B', 'B', 'C'].map((family) => patient('a', family));
  const result = await importResources(pool, source, { ...options, batchSize: 2 });
  assert.deepEqual(result, { ...counts, taken: 4, created: 1, updated: 2, unchanged: 1 });
  const read = await backend.read({ type: 'Patient', id: 'a' }, everything);
  assert.equal(read.kind === 'found' && JSON.parse(read.version.body).name[0].family, 'C');
});

test('what is not sound is refused by reason, and the rest is taken', async (t) => {
  const { pool } = await store(t);
  const refused = [
    json('{', 'one'),
    json('{"a":', 'two'),
    json('{"resourceType":"Patient","id":"a","id":"b"}'),
    json(`{"resourceType":"Patient","a":${'['.repeat(100)}${']'.repeat(100)}}`),
    json('{"resourceType":"Patient","__proto__":{}}'),
    json('[]'),
    json('7'),
    json('{"resourceType":"Nonsense"}'),
    json('{"resourceType":"Observation","id":"a"}'),
    json('{"resourceType":"Patient","id":"a b"}'),
    json('{"resourceType":"OperationOutcome"}'),
    json('{"resourceType":"Parameters"}'),
    { kind: 'refused', reason: 'because', origin: 'there' },
    { resourceType: 'Patient', id: '../x' },
  ] satisfies (ImportItem | Resource)[];
  const sound = Array.from({ length: 5 }, (_, index) => patient(`p${index}`, 'Ng'));
  const progress: number[] = [];
  const result = await importResources(
    pool,
    refused.flatMap((item, index) => [item, ...sound.slice(index, index + 1)]),
    {
      ...options,
      onProgress: ({ taken }) => progress.push(taken),
    },
  );
  assert.equal(result.taken, 5);
  assert.equal(
    result.refused.reduce((sum, { count }) => sum + count, 0),
    refused.length,
  );
  assert.deepEqual(result.refused[0], { reason: 'not JSON', count: 2, examples: ['one', 'two'] });
  assert.ok(result.refused.some(({ reason, examples }) => reason === 'because' && examples[0] === 'there'));
  assert.equal(progress.at(-1), 5);
  assert.equal((await pool.query('select from resource')).rowCount, 5);
});

test('reasons and examples stay few, however many are refused', async (t) => {
  const { pool } = await store(t);
  const source = Array.from(
    { length: 1000 },
    (_, index): ImportItem => ({ kind: 'refused', reason: `r${index}`, origin: 'x' }),
  );
  const { refused } = await importResources(pool, source, options);
  assert.equal(refused.length, 101);
  assert.deepEqual(refused[0], { reason: 'other reasons', count: 900, examples: ['x', 'x', 'x'] });
});

test('a resource without an id gets one', async (t) => {
  const { pool } = await store(t);
  await importResources(pool, [{ resourceType: 'Patient' }, json('{"resourceType":"Patient"}')], options);
  const { rows } = await pool.query("select id, body from resource where id ~ '^[0-9a-f-]{36}$'");
  assert.equal(rows.length, 2);
  for (const { id, body } of rows) assert.equal(JSON.parse(body).id, id);
});

test('when the source fails, whole batches stay and nothing of the last one', async (t) => {
  const { pool } = await store(t);
  const failing = function* (): Generator<Resource> {
    for (let index = 0; index < 25; index += 1) yield patient(`p${index}`, 'Ng');
    throw new Error('unreadable');
  };
  await assert.rejects(importResources(pool, failing(), { ...options, batchSize: 10 }), { message: 'unreadable' });
  assert.equal((await pool.query('select from resource')).rowCount, 20);
});

test('a batch that the database refuses leaves nothing, and the import says so', async (t) => {
  const { pool } = await store(t);
  await pool.query("alter table date_index add constraint no_date check (parameter <> 'Patient.birthdate')");
  const born = { ...patient('b', 'Ng'), birthDate: '2000' };
  await assert.rejects(importResources(pool, [patient('a', 'Ng'), born], options), { code: '23514' });
  for (const table of ['resource', 'posting', 'compartment', 'string_index']) {
    assert.equal((await pool.query(`select from ${table}`)).rowCount, 0, table);
  }
});

test('two imports of the same at once: each resource is stored once', async (t) => {
  const { pool } = await store(t);
  const source = Array.from({ length: 300 }, (_, index) => patient(`p${index}`, 'Ng'));
  const results = await Promise.all([
    importResources(pool, source, { ...options, batchSize: 50 }),
    importResources(pool, [...source].reverse(), { ...options, batchSize: 70 }),
  ]);
  assert.equal(
    results.reduce((sum, { created }) => sum + created, 0),
    300,
  );
  assert.equal(
    results.reduce((sum, { unchanged }) => sum + unchanged, 0),
    300,
  );
  assert.equal((await pool.query('select from resource')).rowCount, 300);
});

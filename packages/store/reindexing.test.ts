/** What is stored is found by what is added later, and never left out on the way. docs/decisions/0009-references-and-reindexing.md. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BackendUnavailable } from '@affinity/core/fhir/backend.ts';
import { everything } from '@affinity/core/fhir/filter.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import type { SearchClause, SearchQuery } from '@affinity/core/fhir/search-query.ts';
import { createBackend } from './backend.ts';
import { importResources } from './import.ts';
import { createIndexing, type IndexingOptions } from './reindexing.ts';
import { testDatabase } from './testing/database.ts';

const ownBases = ['http://localhost:4000/fhir'];
const content = (resource: Resource) => ({ resource, json: JSON.stringify(resource) });
const observation = (id: string, value: number): Resource => ({
  resourceType: 'Observation',
  id,
  status: 'final',
  code: { coding: [{ system: 'http://loinc.org', code: '718-7', display: 'Hemoglobin' }] },
  subject: { reference: 'Patient/a' },
  valueQuantity: { value, system: 'http://unitsofmeasure.org', code: 'g/dL', unit: 'g/dL' },
  note: [{ text: `note ${value}` }],
});
const patient: Resource = { resourceType: 'Patient', id: 'a', gender: 'female' };
const byNote: Resource = {
  resourceType: 'SearchParameter',
  id: 'note',
  url: 'http://x.example/SearchParameter/note',
  name: 'note',
  description: 'what was noted',
  status: 'active',
  code: 'note',
  base: ['Observation'],
  type: 'string',
  expression: 'Observation.note.text',
};
const query = (clauses: readonly SearchClause[], more: Partial<SearchQuery> = {}): SearchQuery => ({
  type: 'Observation',
  clauses,
  count: 500,
  sort: [],
  total: 'none',
  understood: [],
  ...more,
});
const noted = query([{ param: 'note', values: [{ kind: 'string', text: 'note' }] }]);
const above = (value: number): SearchClause => ({
  param: 'value-quantity',
  values: [{ kind: 'quantity', prefix: 'gt', value, low: value, high: value }],
});
const ofWomen = query([], {
  joins: [
    {
      kind: 'chain',
      param: 'subject',
      targets: [{ type: 'Patient', clauses: [{ param: 'gender', values: [{ kind: 'token', code: 'female' }] }] }],
    },
  ],
});

const store = async (t: Parameters<typeof testDatabase>[0]) => {
  const { pool } = await testDatabase(t);
  const make = (more: Partial<IndexingOptions> = {}) => {
    const indexing = createIndexing({ pool, ownBases, log: () => {}, resourcesAtOnce: 7, ...more });
    const backend = createBackend({ pool, ownBases, parameters: indexing.parameters });
    const params = (): readonly string[] =>
      backend.capabilities.find(({ type }) => type === 'Observation')?.searchParams.map(({ name }) => name) ?? [];
    const ids = async (asked: SearchQuery): Promise<number> =>
      (await backend.searchType(asked, everything, { chained: () => everything })).matches.length;
    const put = (resource: Resource) =>
      backend.create({ type: resource.resourceType, id: resource.id ?? '', content: content(resource) });
    return { indexing, backend, params, ids, put };
  };
  return { pool, make };
};

/** What a database looks like that was filled before there were these tables, and has had the migrations. */
const forget = async (pool: Awaited<ReturnType<typeof testDatabase>>['pool']): Promise<void> => {
  for (const table of ['reference', 'number', 'quantity', 'uri', 'position', 'composite']) {
    await pool.query(`truncate ${table}_index`);
  }
  await pool.query('truncate text_value, owned_through, canonical, type_index');
  await pool.query(`insert into type_index (type) select distinct type from resource`);
};

test('what was stored before is not silently missed, and found when it has been gone through (N15, N16)', async (t) => {
  const { pool, make } = await store(t);
  const resources = [patient, ...Array.from({ length: 20 }, (_, index) => observation(`o${index}`, index))];
  await importResources(pool, resources, { ownBases });
  await forget(pool);
  const told: string[] = [];
  const { indexing, backend, params, ids, put } = make({
    log: (event, { type, total }) => told.push([event, type, total].filter(Boolean).join(' ')),
  });
  await indexing.parameters.refresh();
  assert.ok(params().includes('code') && !params().includes('value-quantity'));
  assert.equal(backend.parameters?.find('Observation', 'value-quantity').kind, 'not-indexed');
  assert.equal(await ids(query([{ param: 'code', values: [{ kind: 'token', code: '718-7' }] }])), 20);
  await assert.rejects(ids(ofWomen), BackendUnavailable);
  await assert.rejects(
    ids(query([{ param: 'code', modifier: 'text', values: [{ kind: 'string', text: 'hemo' }] }])),
    BackendUnavailable,
  );
  const before = backend.capabilities;
  assert.equal(before, backend.capabilities);
  await indexing.catchUp();
  assert.notEqual(before, backend.capabilities);
  assert.ok(params().includes('value-quantity'));
  assert.deepEqual(indexing.progress(), []);
  assert.deepEqual(told, ['indexing Observation 20', 'indexed Observation', 'indexing Patient 1', 'indexed Patient']);
  assert.equal(await ids(ofWomen), 20);
  assert.equal(await ids(query([above(9.5)])), 10);
  assert.equal(await ids(query([{ param: 'code', modifier: 'text', values: [{ kind: 'string', text: 'hemo' }] }])), 20);
  await put(observation('new', 30));
  assert.equal(await ids(query([above(9.5)])), 11);
});

test('a pass that was broken off goes on from where it was (N15)', async (t) => {
  const { pool, make } = await store(t);
  await importResources(
    pool,
    Array.from({ length: 40 }, (_, index) => observation(`o${index}`, index)),
    { ownBases },
  );
  await forget(pool);
  // Ends as a process does that is killed between two of its transactions.
  let begun = 0;
  const ending = Object.create(pool, {
    connect: {
      value: async () => {
        begun += 1;
        if (begun > 4) throw new Error('killed');
        return pool.connect();
      },
    },
    query: { value: pool.query.bind(pool) },
  });
  const killed = createIndexing({ pool: ending, ownBases, log: () => {}, resourcesAtOnce: 10 });
  await assert.rejects(killed.catchUp(), /killed/);
  const { rows } = await pool.query<{ done: string; total: string }>(
    `select done, total from type_index where type = 'Observation'`,
  );
  assert.ok(Number(rows[0]?.done) >= 10 && Number(rows[0]?.done) < 40, JSON.stringify(rows));
  const second = make();
  await second.indexing.parameters.refresh();
  assert.ok(!second.params().includes('value-quantity'));
  await second.indexing.catchUp();
  assert.equal(await second.ids(query([above(-1)])), 40);
  const { rows: after } = await pool.query(`select done from type_index where type = 'Observation'`);
  assert.deepEqual(after, [{ done: '40' }], 'nothing was gone over twice');
});

test('a SearchParameter that is added works once everything is indexed, and not after it is withdrawn (N15)', async (t) => {
  const { pool, make } = await store(t);
  await importResources(
    pool,
    Array.from({ length: 10 }, (_, index) => observation(`o${index}`, index)),
    { ownBases },
  );
  const { indexing, backend, params, ids, put } = make();
  const elsewhere = make();
  await indexing.start();
  await indexing.stop();
  await elsewhere.indexing.parameters.refresh();
  assert.equal((await put(byNote)).kind, 'created');
  assert.ok(!params().includes('note'));
  // Another process, which has not looked since, indexes by it too.
  await elsewhere.put(observation('elsewhere', 1));
  const later = make();
  await later.indexing.catchUp();
  await indexing.parameters.refresh();
  assert.ok(params().includes('note'));
  assert.equal(await ids(noted), 11);
  await put(observation('late', 2));
  assert.equal(await ids(noted), 12);
  await backend.update(
    { type: 'SearchParameter', id: 'note', content: content({ ...byNote, status: 'retired' }) },
    everything,
  );
  assert.ok(!params().includes('note'));
  assert.equal(backend.parameters?.find('Observation', 'note').kind, 'unknown');
  await put(observation('between', 3));
  await backend.update({ type: 'SearchParameter', id: 'note', content: content(byNote) }, everything);
  assert.ok(!params().includes('note'), 'what was written in between is not indexed by it yet');
  await later.indexing.catchUp();
  await indexing.parameters.refresh();
  assert.equal(await ids(noted), 13);
  await backend.delete({ type: 'SearchParameter', id: 'note' }, everything);
  assert.ok(!params().includes('note'));
});

test('one that cannot be compiled, or is a draft, adds nothing and harms nothing (N15)', async (t) => {
  const { make } = await store(t);
  const { indexing, params, put } = make();
  const all = [
    { ...byNote, id: 'a', url: 'http://x.example/a', expression: 'Observation.repeat(x)' },
    { ...byNote, id: 'b', url: 'http://x.example/b', status: 'draft' },
    { ...byNote, id: 'c', url: 'http://x.example/c', code: 'code' },
  ];
  for (const resource of all) assert.equal((await put(resource)).kind, 'created');
  await indexing.catchUp();
  assert.ok(!params().includes('note') && params().includes('code'));
});

test('what is written while a pass is under way is found by the new parameter (N15)', async (t) => {
  const { pool, make } = await store(t);
  const count = 60;
  await importResources(
    pool,
    Array.from({ length: count }, (_, index) => observation(`o${index}`, index)),
    {
      ownBases,
    },
  );
  const { indexing, backend, ids, put } = make({ resourcesAtOnce: 3 });
  const elsewhere = make();
  await elsewhere.indexing.parameters.refresh();
  await put(byNote);
  let done = false;
  const write = async (): Promise<void> => {
    for (let index = 0; !done; index += 1) {
      const id = `o${index % count}`;
      await elsewhere.backend.update({ type: 'Observation', id, content: content(observation(id, index)) }, everything);
      await elsewhere.put(observation(`n${index}`, index));
    }
  };
  const writing = write();
  await indexing.catchUp();
  done = true;
  await writing;
  const all = await ids(query([], { count: 1000 }));
  assert.equal(await ids({ ...noted, count: 1000 }), all);
  assert.ok(all > count);
  assert.equal((await backend.read({ type: 'Observation', id: 'o0' }, everything)).kind, 'found');
});

/** The Backend on a real PostgreSQL: what is its own beside core's conformance suite. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Backend, WriteResult } from '@affinity/core/fhir/backend.ts';
import { everything, type Filter } from '@affinity/core/fhir/filter.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import type { SearchClause, SearchQuery, SearchValue } from '@affinity/core/fhir/search-query.ts';
import { createBackend } from './backend.ts';
import { testDatabase } from './testing/database.ts';

const base = 'http://localhost:4000/fhir';
const content = (resource: Resource) => ({ resource, json: JSON.stringify(resource) });
const observation = (id: string, patient: string, more: Readonly<Record<string, unknown>> = {}): Resource => ({
  resourceType: 'Observation',
  id,
  status: 'final',
  code: { coding: [{ system: 'http://loinc.org', code: '718-7' }] },
  subject: { reference: `Patient/${patient}` },
  ...more,
});

const store = async (t: Parameters<typeof testDatabase>[0], now?: () => number) => {
  const { pool } = await testDatabase(t);
  const backend = createBackend({ pool, ownBases: [base], ...(now === undefined ? {} : { now }) });
  const put = (resource: Resource): Promise<WriteResult> =>
    backend.create({ type: resource.resourceType, id: resource.id ?? '', content: content(resource) });
  return { pool, backend, put };
};

const search = (type: string, clauses: readonly SearchClause[], more: Partial<SearchQuery> = {}): SearchQuery => ({
  type,
  clauses,
  count: 10,
  sort: [],
  total: 'none',
  understood: [],
  ...more,
});
const clause = (param: string, ...values: SearchValue[]): SearchClause => ({ param, values });
const ids = async (backend: Backend, query: SearchQuery, filter: Filter = everything): Promise<readonly string[]> =>
  (await backend.searchType(query, filter)).matches.map(({ id }) => id);
const day = 86_400_000;

test('a body leaves as it was sent but for our id, version and instant', async (t) => {
  const { backend } = await store(t, () => Date.UTC(2026, 0, 2, 3, 4, 5, 6));
  const json = '{ "resourceType":"Observation","valueQuantity":{"value":0.10},"meta":{"tag":[]},"status":"final" }';
  await backend.create({ type: 'Observation', id: 'a', content: { resource: JSON.parse(json), json } });
  const read = await backend.read({ type: 'Observation', id: 'a' }, everything);
  assert.equal(read.kind, 'found');
  assert.equal(
    read.version.body,
    '{ "resourceType":"Observation","id":"a","valueQuantity":{"value":0.10},' +
      '"meta":{"versionId":"1","lastUpdated":"2026-01-02T03:04:05.006Z","tag":[]},"status":"final" }',
  );
});

test('the instant of a version is later than that of the one before, also when the clock goes back', async (t) => {
  const clock = [5000, 4000, 4000];
  const { backend, put } = await store(t, () => clock.shift() ?? 0);
  const at = { type: 'Observation', id: 'a' };
  await put(observation('a', 'p'));
  const updated = await backend.update({ ...at, content: content(observation('a', 'p')) }, everything);
  const deleted = await backend.delete(at, everything);
  assert.equal(updated.kind === 'updated' && Date.parse(updated.version.lastUpdated), 5001);
  assert.equal(deleted.kind === 'deleted' && Date.parse(deleted.deletion.lastUpdated), 5002);
});

test('of eight updates at once with the same If-Match one succeeds, and no version is lost', async (t) => {
  const { backend, put } = await store(t);
  const at = { type: 'Observation', id: 'a' };
  await put(observation('a', 'p'));
  const update = () => backend.update({ ...at, content: content(observation('a', 'p')), ifMatch: '1' }, everything);
  const results = await Promise.all(Array.from({ length: 8 }, update));
  assert.deepEqual(results.map(({ kind }) => kind).sort(), [
    'updated',
    ...Array.from({ length: 7 }, () => 'version-conflict'),
  ]);
  const freely = () => backend.update({ ...at, content: content(observation('a', 'p')) }, everything);
  await Promise.all(Array.from({ length: 8 }, freely));
  const history = await backend.historyInstance({ ...at, page: { count: 100 } }, everything);
  assert.deepEqual(
    history.kind === 'history' && history.entries.map(({ version }) => Number(version.versionId)),
    [10, 9, 8, 7, 6, 5, 4, 3, 2, 1],
  );
});

test('an update and a deletion leave nothing behind by which the earlier content is found', async (t) => {
  const { pool, backend, put } = await store(t);
  await put(
    observation('a', 'p', { effectiveDateTime: '2024', valueString: 'pale', encounter: { reference: 'Encounter/e' } }),
  );
  await backend.update({ type: 'Observation', id: 'a', content: content(observation('a', 'q')) }, everything);
  assert.deepEqual(
    await ids(backend, search('Observation', [clause('patient', { kind: 'reference', type: 'Patient', id: 'p' })])),
    [],
  );
  assert.deepEqual(
    await ids(backend, search('Observation', [clause('encounter', { kind: 'reference', id: 'e' })])),
    [],
  );
  assert.deepEqual(await ids(backend, search('Observation', [clause('code', { kind: 'token', code: '718-7' })])), [
    'a',
  ]);
  await backend.delete({ type: 'Observation', id: 'a' }, everything);
  for (const table of ['compartment', 'posting', 'string_index', 'date_index']) {
    const { rows } = await pool.query(`select count(*)::int as count from ${table}`);
    assert.deepEqual(rows, [{ count: 0 }], table);
  }
});

test('pages stay whole while resources come in between them', async (t) => {
  const { backend, put } = await store(t);
  const dated = (id: string, date: string) => put(observation(id, 'p', { effectiveDateTime: date }));
  for (const [index, date] of ['2020-01-01', '2020-01-02', '2020-01-02', '2020-01-04'].entries())
    await dated(`o${index}`, date);
  for (const clauses of [
    [],
    [clause('patient', { kind: 'reference', type: 'Patient', id: 'p' } as const)],
    [clause('code', { kind: 'token', code: '718-7' } as const)],
    [clause('code', { kind: 'token', code: '718-7' } as const, { kind: 'token', code: 'other' } as const)],
  ]) {
    const query = search('Observation', clauses, { count: 2 });
    const first = await backend.searchType(query, everything);
    assert.ok(first.next);
    await dated(`new-${clauses.length}-${clauses[0]?.param}-${clauses[0]?.values.length}`, '2021-01-01');
    const second = await backend.searchType({ ...query, cursor: first.next, count: 100 }, everything);
    const seen = [...first.matches, ...second.matches].map(({ id }) => id);
    assert.equal(new Set(seen).size, seen.length);
    for (const index of [0, 1, 2, 3]) assert.ok(seen.includes(`o${index}`), `o${index} of ${JSON.stringify(clauses)}`);
  }
});

test('sorted by date or by update, up or down, alone or together', async (t) => {
  let clock = 1000;
  const { backend, put } = await store(t, () => clock++);
  const dates = { a: '2020-01-02', b: '2020-01-01', c: '2020-01-02' };
  for (const [id, effectiveDateTime] of Object.entries(dates)) await put(observation(id, 'p', { effectiveDateTime }));
  const sorted = (...sort: SearchQuery['sort']) => ids(backend, search('Observation', [], { sort, count: 2 }));
  const date = (descending: boolean) => ({ param: 'date', descending });
  const updated = (descending: boolean) => ({ param: '_lastUpdated', descending });
  assert.deepEqual(await sorted(updated(false)), ['a', 'b']);
  assert.deepEqual(await sorted(updated(true)), ['c', 'b']);
  assert.equal((await sorted(date(false)))[0], 'b');
  assert.deepEqual(await sorted(date(true), updated(false)), ['a', 'c']);
  assert.deepEqual(await sorted(date(true), updated(true)), ['c', 'a']);
  const mixed = search('Observation', [], { sort: [date(true), updated(false)], count: 1 });
  const next = (await backend.searchType(mixed, everything)).next ?? '';
  assert.deepEqual(await ids(backend, { ...mixed, cursor: next, count: 5 }), ['c', 'b']);
});

test('a cursor that was not given out is refused', async (t) => {
  const { backend } = await store(t);
  for (const cursor of [
    '',
    'x',
    '!!',
    Buffer.from('1').toString('base64url'),
    Buffer.from(`${2n ** 63n} 1`).toString('base64url'),
  ]) {
    await assert.rejects(
      backend.searchType(search('Observation', [], { cursor }), everything),
      { status: 400 },
      cursor,
    );
  }
});

test('the count is of what the Filter lets through', async (t) => {
  const { backend, put } = await store(t);
  for (let index = 0; index < 12; index += 1) await put(observation(`o${index}`, index % 3 === 0 ? 'p' : 'q'));
  const filter: Filter = { kind: 'compartment', patient: 'p' };
  const result = await backend.searchType(search('Observation', [], { count: 2, total: 'accurate' }), filter);
  assert.equal(result.total, 4);
  assert.equal(result.matches.length, 2);
  assert.deepEqual(await backend.searchType(search('Observation', [], { count: 0 }), filter), {
    matches: [],
    total: 4,
  });
  assert.equal((await backend.searchType(search('Observation', [], { count: 4 }), filter)).total, 4);
});

test('text that means something to SQL, LIKE or JSON is only text', async (t) => {
  const { backend, put } = await store(t);
  const names = [
    "O'Brien",
    '100%',
    'a_b',
    'back\\slash',
    '"; drop table resource; --',
    '$1',
    '{a,b}',
    'İstanbul',
    'e\u0301cole',
  ];
  for (const [index, family] of names.entries()) {
    await put({
      resourceType: 'Patient',
      id: `n${index}`,
      name: [{ family }],
      identifier: [{ system: family, value: family }],
    });
  }
  for (const [index, family] of names.entries()) {
    for (const modifier of ['exact', 'contains', undefined]) {
      const named = {
        ...clause('family', { kind: 'string', text: family }),
        ...(modifier === undefined ? {} : { modifier }),
      };
      assert.deepEqual(await ids(backend, search('Patient', [named])), [`n${index}`], `${modifier} ${family}`);
    }
    const token = clause('identifier', { kind: 'token', system: family, code: family });
    assert.deepEqual(await ids(backend, search('Patient', [token])), [`n${index}`], family);
  }
});

test('a date with several ranges is found by any of them', async (t) => {
  const { backend, put } = await store(t);
  const list = (id: string, ...dates: string[]) =>
    put({ resourceType: 'Observation', id, status: 'final', effectiveTiming: { event: dates } });
  await list('timed', '2020-01-01', '2020-01-05');
  await put(observation('whole', 'p', { effectivePeriod: { start: '2020-01-01', end: '2020-01-31' } }));
  await put(observation('open', 'p', { effectivePeriod: { start: '2020-01-10' } }));
  const start = Date.UTC(2020, 0, 1);
  const found = (prefix: 'eq' | 'ge' | 'sa' | 'eb', from: number, to: number) =>
    ids(
      backend,
      search('Observation', [
        clause('date', { kind: 'date', prefix, start: start + from * day, end: start + to * day }),
      ]),
    );
  assert.deepEqual([...(await found('eq', 0, 366))].sort(), ['timed', 'whole']);
  assert.deepEqual([...(await found('ge', 8, 9))].sort(), ['open', 'whole']);
  assert.deepEqual(await found('sa', 5, 6), ['open']);
  assert.deepEqual(await found('eb', 20, 21), ['timed']);
});

/** What the store's searches are beside core's conformance suite: their limits, their time, and what a version tells. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BackendTooSlow } from '@affinity/core/fhir/backend.ts';
import { everything } from '@affinity/core/fhir/filter.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import type { Include, SearchClause, SearchQuery, SearchValue } from '@affinity/core/fhir/search-query.ts';
import { createBackend, type StoreBackend, type StoreOptions } from './backend.ts';
import { maxSortKeys } from './page-order.ts';
import { createPool } from './postgres/pool.ts';
import { testDatabase } from './testing/database.ts';

const to = (reference: string) => ({ reference });
const all = { chained: () => everything, included: () => everything };

const store = async (t: Parameters<typeof testDatabase>[0] & {}, limits: StoreOptions['limits'] = {}) => {
  const { pool: watcher, url } = await testDatabase(t);
  const pool = createPool({ url, applicationName: 'searching', onError: () => {} });
  t.after(() => pool.end());
  const backend = createBackend({ pool, ownBases: [], limits });
  const put = async (id: string, resource: Resource): Promise<void> => {
    const content = { resource, json: JSON.stringify(resource) };
    const { kind } = await backend.create({ type: resource.resourceType, id, content });
    assert.equal(kind, 'created', id);
  };
  return { watcher, pool, backend, put };
};
const search = (type: string, more: Partial<SearchQuery> = {}): SearchQuery => ({
  type,
  clauses: [],
  count: 10,
  sort: [],
  total: 'none',
  understood: [],
  ...more,
});
const clause = (param: string, ...values: SearchValue[]): SearchClause => ({ param, values });
const include = (type: string, param: string, more: Partial<Include> = {}): Include => ({
  reverse: false,
  iterate: false,
  type,
  param,
  ...more,
});
const tooCostly = { status: 400, issues: [{ severity: 'error', code: 'too-costly' }] };
const isTooCostly = (error: unknown): boolean => {
  const { status, issues } = error as { status: number; issues: readonly { severity: string; code: string }[] };
  assert.deepEqual({ status, issues: issues.map(({ severity, code }) => ({ severity, code })) }, tooCostly);
  return true;
};

test('includes are bounded in number: at the limit, and one past it (N18, Q28)', async (t) => {
  const { backend, put } = await store(t, { maxIncluded: 3 });
  await put('p', { resourceType: 'Patient' });
  const shown = async () => {
    const query = search('Patient', { includes: [include('Observation', 'subject', { reverse: true })] });
    return (await backend.searchType(query, everything, all)).included?.map(({ id }) => id);
  };
  for (const id of ['c', 'a', 'b']) await put(id, { resourceType: 'Observation', subject: to('Patient/p') });
  assert.deepEqual(await shown(), ['a', 'b', 'c']);
  await put('d', { resourceType: 'Observation', subject: to('Patient/p') });
  await assert.rejects(shown(), isTooCostly);
});

test(':iterate is bounded in rounds: at the limit, and one past it (N18, Q28)', async (t) => {
  const { backend, put } = await store(t, { maxIncludeRounds: 2 });
  for (const [at, above] of [
    [0, 1],
    [1, 2],
    [2, 3],
  ])
    await put(`l${at}`, { resourceType: 'Location', partOf: to(`Location/l${above}`) });
  await put('l3', { resourceType: 'Location' });
  const from = async (id: string, iterate: boolean) => {
    const clauses = [clause('_id', { kind: 'token', code: id })];
    const query = search('Location', { clauses, includes: [include('Location', 'partof', { iterate })] });
    return (await backend.searchType(query, everything, all)).included?.map((one) => one.id);
  };
  assert.deepEqual(await from('l0', false), ['l1']);
  assert.deepEqual(await from('l0', true), ['l1', 'l2', 'l3']);
  await put('l-1', { resourceType: 'Location', partOf: to('Location/l0') });
  await assert.rejects(from('l-1', true), isTooCostly);
});

test('as many sort keys as may be, and one more (N18)', async (t) => {
  const { backend, put } = await store(t);
  await put('p', { resourceType: 'Patient', gender: 'female' });
  const params = ['gender', 'family', 'given', 'birthdate', '_lastUpdated', '_id'];
  const sorted = (count: number) =>
    backend.searchType(
      search('Patient', { sort: params.slice(0, count).map((param, at) => ({ param, descending: at % 2 === 0 })) }),
      everything,
    );
  assert.equal((await sorted(maxSortKeys)).matches.length, 1);
  await assert.rejects(sorted(maxSortKeys + 1), isTooCostly);
  await assert.rejects(
    backend.searchType(search('Patient', { sort: [{ param: 'x', descending: false }] }), everything),
    {
      status: 400,
    },
  );
});

test('sorted by what the tables do not hold, missing values last both ways, forth and back (N18, N20)', async (t) => {
  const { backend, put } = await store(t);
  const genders = { a: 'male', b: undefined, c: 'female', d: 'other', e: undefined };
  for (const [id, gender] of Object.entries(genders))
    await put(id, { resourceType: 'Patient', ...(gender === undefined ? {} : { gender }) });
  for (const descending of [false, true]) {
    const query = search('Patient', { sort: [{ param: 'gender', descending }], count: 2 });
    const ids: string[][] = [];
    let cursor: string | undefined;
    let previous: string | undefined;
    do {
      const page = await backend.searchType({ ...query, ...(cursor === undefined ? {} : { cursor }) }, everything);
      ids.push(page.matches.map(({ id }) => id));
      ({ next: cursor, previous } = page);
    } while (cursor !== undefined);
    const known = descending ? ['d', 'a', 'c'] : ['c', 'a', 'd'];
    assert.deepEqual(ids.flat().slice(0, 3), known);
    assert.deepEqual(ids.flat().slice(3).sort(), ['b', 'e']);
    assert.ok(previous !== undefined);
    const back = await backend.searchType({ ...query, cursor: previous }, everything);
    assert.deepEqual(
      back.matches.map(({ id }) => id),
      ids[1],
    );
  }
});

test('a version tells the patients whose record it is', async (t) => {
  const { backend, put } = await store(t);
  await put('p', { resourceType: 'Patient' });
  await put('o', { resourceType: 'Observation', subject: to('Patient/p') });
  await put('g', { resourceType: 'Organization' });
  const found = await Promise.all(
    ['Patient', 'Observation', 'Organization'].map(
      async (type) => (await backend.searchType(search(type), everything)).matches[0]?.patients,
    ),
  );
  assert.deepEqual(found, [['p'], ['p'], []]);
  const read = await backend.read({ type: 'Observation', id: 'o' }, everything);
  assert.deepEqual(read.kind === 'found' && read.version.patients, ['p']);
});

test('a cursor of another order is refused, whatever it holds (N20)', async (t) => {
  const { backend } = await store(t);
  const text = (...parts: unknown[]) => Buffer.from(JSON.stringify(parts)).toString('base64url');
  const sorts = [[], [{ param: 'family', descending: false }], [{ param: 'value-quantity', descending: true }]];
  for (const cursor of [
    'x',
    text(),
    text('a'),
    text('e', '1'),
    text('a', 'x', '1'),
    text('b', '1'),
    text('c', '1', '1'),
  ])
    for (const sort of sorts) {
      const type = sort[0]?.param === 'family' ? 'Patient' : 'Observation';
      const asked = backend.searchType(search(type, { sort, cursor }), everything);
      if (cursor === text('a', 'x', '1') && type === 'Patient') assert.deepEqual((await asked).matches, []);
      else await assert.rejects(asked, { status: 400 }, `${cursor} ${JSON.stringify(sort)}`);
    }
  for (const before of ['x', '1', text('e'), text('b', '1', '1', '1'), text('a', '1', '1')])
    await assert.rejects(
      backend.history({ types: ['Patient'], page: { count: 1, before } }, () => everything),
      {
        status: 400,
      },
    );
});

test('uris above and below: at the limit, and one past it (N16, Q28)', async (t) => {
  const { backend, put } = await store(t);
  const url = (parts: number) => `http://x.example${'/a'.repeat(parts - 2)}`;
  for (const parts of [3, 4, 100])
    await put(`v${parts}`, { resourceType: 'ValueSet', status: 'active', url: url(parts) });
  const found = async (uri: string, modifier: string) => {
    const clauses = [{ ...clause('url', { kind: 'uri', uri }), modifier }];
    return (await backend.searchType(search('ValueSet', { clauses }), everything)).matches.map(({ id }) => id).sort();
  };
  assert.deepEqual(await found(url(100), 'above'), ['v100', 'v3', 'v4']);
  assert.deepEqual(await found(url(4), 'below'), ['v100', 'v4']);
  assert.deepEqual(await found('http://x.example/a/', 'above'), ['v3']);
  await assert.rejects(found(url(101), 'above'), isTooCostly);
});

test('every question that takes too long is given up, and one whose caller hangs up (Q29)', async (t) => {
  const { watcher, pool, backend } = await store(t, { searchMilliseconds: 150 });
  const running = async (): Promise<number> =>
    (
      await watcher.query(
        "select from pg_stat_activity where application_name = 'searching' and state = 'active' and datname = current_database()",
      )
    ).rowCount ?? 0;
  const locker = await watcher.connect();
  await locker.query('begin; lock table resource in access exclusive mode');
  const page = { count: 1 };
  const query = { types: ['Patient'], clauses: [], count: 1, sort: [], total: 'none', understood: [] } as const;
  const asked = (backend: StoreBackend, signal?: AbortSignal) => [
    backend.searchType(search('Patient'), everything, signal === undefined ? {} : { signal }),
    backend.searchSystem(query, () => everything, signal),
    backend.history({ types: ['Patient'], page }, () => everything, signal),
    backend.everything({ patient: 'p', types: ['Patient'], count: 1 }, () => everything, signal),
  ];
  const late = [...asked(backend), backend.historyInstance({ type: 'Patient', id: 'p', page }, everything)];
  for (const one of await Promise.allSettled(late))
    assert.ok(one.status === 'rejected' && one.reason instanceof BackendTooSlow, String(Object.values(one)[1]));
  assert.equal(await running(), 0);
  const caller = new AbortController();
  const gone = asked(createBackend({ pool, ownBases: [] }), caller.signal);
  while ((await running()) < gone.length);
  caller.abort(new Error('gone'));
  for (const one of await Promise.allSettled(gone))
    assert.ok(one.status === 'rejected' && one.reason instanceof Error && one.reason.message === 'gone');
  assert.equal(await running(), 0);
  await locker.query('rollback');
  locker.release();
  assert.deepEqual((await backend.searchType(search('Patient'), everything)).matches, []);
  assert.equal(pool.idleCount, pool.totalCount);
});

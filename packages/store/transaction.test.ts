/** Transactions under many at once, against a real PostgreSQL with few connections. FHIR R4 http.html#transaction. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { BackendUnavailable, type Transaction } from '@affinity/core/fhir/backend.ts';
import { everything } from '@affinity/core/fhir/filter.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import type { SearchQuery } from '@affinity/core/fhir/search-query.ts';
import { createAuditLog } from './audit-log.ts';
import { createBackend } from './backend.ts';
import { createPool } from './postgres/pool.ts';
import { testDatabase } from './testing/database.ts';

const content = (resource: Resource) => ({ resource, json: JSON.stringify(resource) });
const patient = (value: string): Resource => ({
  resourceType: 'Patient',
  identifier: [{ system: 'http://mrn.example', value }],
});
const byIdentifier = (code: string): SearchQuery => ({
  type: 'Patient',
  clauses: [{ param: 'identifier', values: [{ kind: 'token', system: 'http://mrn.example', code }] }],
  count: 2,
  sort: [],
  total: 'none',
  understood: [],
});
const createIn = (within: Transaction, resource: Resource, id: string = randomUUID()) =>
  within.create({ type: resource.resourceType, id, content: content(resource) });

/** A store on five connections, and an audit log on one of its own. */
const store = async (t: Parameters<typeof testDatabase>[0]) => {
  const database = await testDatabase(t);
  const pools = [5, 1].map((max) => createPool({ url: database.url, max, onError: () => {} }));
  t?.after(async () => {
    for (const pool of pools) await pool.end();
  });
  const [pool, auditPool] = pools;
  assert.ok(pool && auditPool);
  return {
    database,
    pool,
    backend: createBackend({ pool, ownBases: [] }),
    audit: createAuditLog({ pool: auditPool }),
  };
};
const record = () => ({
  id: randomUUID(),
  recorded: new Date().toISOString(),
  source: 'test',
  event: 'create' as const,
  outcome: 'permitted' as const,
});

test('of 50 transactions at once that create what they do not find, one creates it (N10)', async (t) => {
  const { backend, audit, database } = await store(t);
  // Two processes would know nothing of each other but through the database.
  const other = createBackend({ pool: database.pool, ownBases: [] });
  const createOnce = (_: unknown, index: number) =>
    (index % 2 === 0 ? backend : other).transact(
      async (within) => {
        const { matches } = await within.searchType(byIdentifier('1'), everything);
        await audit.append(record());
        if (matches.length > 0) return 'found';
        await createIn(within, patient('1'));
        return 'created';
      },
      ['Patient?identifier=1'],
    );
  const results = await Promise.all(Array.from({ length: 50 }, createOnce));
  assert.deepEqual(results.toSorted(), ['created', ...Array.from({ length: 49 }, () => 'found')]);
  assert.equal((await backend.searchType(byIdentifier('1'), everything)).matches.length, 1);
});

test('50 transactions at once on five connections, each recorded while it is open, all end (N12)', async (t) => {
  const { backend, audit } = await store(t);
  const work = (_: unknown, index: number) =>
    backend.transact(async (within) => {
      await createIn(within, patient(`p${index}`), `p${index}`);
      await audit.append(record());
      return (await within.read({ type: 'Patient', id: `p${index}` }, everything)).kind;
    }, []);
  const results = await Promise.all(Array.from({ length: 50 }, work));
  assert.deepEqual(new Set(results), new Set(['found']));
});

test('of 50 updates at once with the same If-Match one succeeds (N05, N10)', async (t) => {
  const { backend } = await store(t);
  const at = { type: 'Patient', id: 'a' };
  await backend.create({ ...at, content: content(patient('1')) });
  const update = () =>
    backend.transact(
      (within) => within.update({ ...at, content: content(patient('2')), ifMatch: '1' }, everything),
      [],
    );
  const results = await Promise.all(Array.from({ length: 50 }, update));
  assert.deepEqual(results.map(({ kind }) => kind).toSorted(), [
    'updated',
    ...Array.from({ length: 49 }, () => 'version-conflict'),
  ]);
});

test('what is thrown undoes everything, also what a search had found before the end (N12)', async (t) => {
  const { backend } = await store(t);
  await assert.rejects(
    backend.transact(
      async (within) => {
        await createIn(within, patient('1'), 'a');
        assert.equal((await within.searchType(byIdentifier('1'), everything)).matches.length, 1);
        throw new RangeError('no');
      },
      ['x'],
    ),
    RangeError,
  );
  assert.equal((await backend.read({ type: 'Patient', id: 'a' }, everything)).kind, 'absent');
  assert.equal((await backend.searchType(byIdentifier('1'), everything)).matches.length, 0);
});

test('a conflict leaves the transaction as it was (N12)', async (t) => {
  const { backend } = await store(t);
  const questionnaire = { resourceType: 'Questionnaire', url: 'http://x.example/q', version: '1', status: 'active' };
  const kinds = await backend.transact(async (within) => {
    const results = [
      await createIn(within, patient('1'), 'a'),
      await createIn(within, patient('2'), 'a'),
      await createIn(within, questionnaire, 'q'),
      await createIn(within, questionnaire, 'r'),
      await within.update({ type: 'Patient', id: 'a', content: content(patient('3')), ifMatch: '7' }, everything),
      await within.delete({ type: 'Patient', id: 'never' }, everything),
    ];
    return results.map(({ kind }) => kind);
  }, []);
  assert.deepEqual(kinds, ['created', 'id-taken', 'created', 'canonical-taken', 'version-conflict', 'absent']);
  assert.equal((await backend.searchType(byIdentifier('1'), everything)).matches.length, 1);
  assert.equal((await backend.read({ type: 'Questionnaire', id: 'q' }, everything)).kind, 'found');
  assert.equal((await backend.read({ type: 'Questionnaire', id: 'r' }, everything)).kind, 'absent');
});

test('a connection that is lost in the middle leaves nothing, and the next transaction succeeds (N12)', async (t) => {
  const { backend, database } = await store(t);
  let tries = 0;
  const doomed = backend.transact(
    async (within) => {
      tries += 1;
      await createIn(within, patient('1'), 'a');
      await database.pool.query(
        `select pg_terminate_backend(pid) from pg_stat_activity
         where datname = current_database() and state = 'idle in transaction'`,
      );
      await createIn(within, patient('2'), 'b');
    },
    ['hold'],
  );
  await assert.rejects(doomed, BackendUnavailable);
  assert.equal(tries, 1);
  assert.equal((await backend.read({ type: 'Patient', id: 'a' }, everything)).kind, 'absent');
  const next = await backend.transact((within) => createIn(within, patient('3'), 'c'), ['hold']);
  assert.equal(next.kind, 'created');
});

test('transactions that hold several things in different orders do not block each other for ever (N12)', async (t) => {
  const { backend } = await store(t);
  const holds = [['a', 'b'], ['b', 'a'], ['b', 'c'], ['c', 'a'], ['a'], []];
  const results = await Promise.all(
    Array.from({ length: 30 }, (_, index) =>
      backend.transact((within) => createIn(within, patient('x')), holds[index % holds.length] ?? []),
    ),
  );
  assert.ok(results.every(({ kind }) => kind === 'created'));
});

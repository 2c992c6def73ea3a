import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BackendUnavailable } from '@affinity/core/fhir/backend.ts';
import { everything } from '@affinity/core/fhir/filter.ts';
import { createBackend } from './backend.ts';
import { isOutage } from './outage.ts';
import { createPool } from './postgres/pool.ts';
import { createSharedConnection } from './postgres/shared-connection.ts';
import { testDatabase } from './testing/database.ts';

const ownBases = ['http://localhost/fhir'];
const at = { type: 'Patient', id: 'p' };
const search = { type: 'Patient', clauses: [], count: 1, sort: [], total: 'none', understood: [] } as const;

test('a database that is not there is an outage for every method', async () => {
  const url = 'postgresql://nobody@%2Fnowhere/none';
  const pool = createPool({ url, onError: () => {} });
  const shared = createSharedConnection({ url, onError: () => {} });
  const content = { resource: { resourceType: 'Patient', id: 'p' }, json: '{"resourceType":"Patient","id":"p"}' };
  for (const backend of [createBackend({ pool, ownBases }), createBackend({ pool, shared, ownBases })]) {
    for (const call of [
      () => backend.read(at, everything),
      () => backend.vread({ ...at, versionId: '1' }, everything),
      () => backend.create({ ...at, content }),
      () => backend.update({ ...at, content }, everything),
      () => backend.delete(at, everything),
      () => backend.historyInstance({ ...at, page: { count: 1 } }, everything),
      () => backend.searchType(search, everything),
    ]) {
      await assert.rejects(call, BackendUnavailable);
    }
  }
  await shared.close();
  await pool.end();
});

test('a connection that is cut under a statement is an outage', async () => {
  const database = await testDatabase();
  const pool = createPool({ url: database.url, onError: () => {} });
  const waiting = pool.query('select pg_sleep(30)').then(
    () => assert.fail('it was not cut'),
    (error: unknown) => error,
  );
  for (let cut = 0; cut === 0; ) {
    const { rows } = await database.pool.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where query = 'select pg_sleep(30)' and state = 'active'",
    );
    cut = rows.length;
  }
  assert.ok(isOutage(await waiting));
  await pool.end();
  await database.close();
});

test('a fault of ours is none', async () => {
  const database = await testDatabase();
  const error: unknown = await database.pool.query('select nonsense').catch((thrown: unknown) => thrown);
  assert.ok(!isOutage(error));
  assert.ok(!isOutage(new TypeError('x is not a function')));
  await database.close();
});

/** Records of two servers in one database: neither finds what the other holds, and the search works in both. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { everything } from '@affinity/core/fhir/filter.ts';
import { createBackend } from '../backend.ts';
import { createIndexing } from '../reindexing.ts';
import { testDatabase } from '../testing/database.ts';
import { migrate } from './migrate.ts';
import { createPool } from './pool.ts';
import { recordMigrations } from './record-migrations.ts';

const patient = (family: string) => {
  const resource = { resourceType: 'Patient', id: 'p1', name: [{ family }] };
  return { type: 'Patient', id: 'p1', content: { resource, json: JSON.stringify(resource) } };
};
const named = (value: string) =>
  ({
    type: 'Patient',
    clauses: [{ param: 'family', values: [{ kind: 'string', text: value }] }],
    count: 5,
    sort: [],
    total: 'none',
    understood: [],
  }) as const;

test('a schema of its own holds the records of one server alone', async (t) => {
  const { url, pool } = await testDatabase(t);
  const names = await migrate(url, recordMigrations(), 'locator');
  assert.ok(names.length >= 7);
  assert.deepEqual(await migrate(url, recordMigrations(), 'locator'), []);
  const apart = createPool({ url, schema: 'locator', onError: () => {} });
  t.after(() => apart.end());
  const stores = await Promise.all(
    [pool, apart].map(async (each) => {
      const indexing = createIndexing({ pool: each, ownBases: ['https://one.example/fhir'], log: () => {} });
      await indexing.start();
      t.after(() => indexing.stop());
      return createBackend({ pool: each, ownBases: ['https://one.example/fhir'], parameters: indexing.parameters });
    }),
  );
  const [main, locator] = stores;
  assert.ok(main && locator);
  assert.equal((await main.create(patient('Main'))).kind, 'created');
  assert.equal((await locator.read({ type: 'Patient', id: 'p1' }, everything)).kind, 'absent');
  assert.equal((await locator.create(patient('Apart'))).kind, 'created');
  assert.equal((await locator.searchType(named('apart'), everything)).matches.length, 1);
  assert.equal((await main.searchType(named('apart'), everything)).matches.length, 0);
  assert.equal((await main.searchType(named('main'), everything)).matches.length, 1);
});

test('a schema is a plain name', async (t) => {
  const { url } = await testDatabase(t);
  await assert.rejects(migrate(url, recordMigrations(), 'x; drop schema public'), /plain name/);
});

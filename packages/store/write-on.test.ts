/** Resources written within a transaction of another part, against a real PostgreSQL. FHIR R4 http.html. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { everything } from '@affinity/core/fhir/filter.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { createBackend, type StoreBackend } from './backend.ts';
import { transaction } from './postgres/pool.ts';
import { testDatabase } from './testing/database.ts';
import { isConflict } from './write-lock.ts';

const consentOf = (status: string) => {
  const resource: Resource = {
    resourceType: 'Consent',
    status,
    scope: { coding: [{ code: 'patient-privacy' }] },
    category: [{ coding: [{ code: '59284-0' }] }],
    patient: { reference: 'Patient/a' },
  };
  return { resource, json: JSON.stringify(resource) };
};
const at = (id: string) => ({ type: 'Consent', id });

const setting = async (t: Parameters<typeof testDatabase>[0]) => {
  const { pool } = await testDatabase(t);
  await pool.query('create table beside (id text primary key, times integer not null)');
  const backend = createBackend({ pool, ownBases: [] });
  const beside = async () => (await pool.query<{ id: string }>('select id from beside order by id')).rows;
  return { pool, backend, beside };
};

/** Consents of the patient that a search finds: by status, of everybody. */
const found = async (backend: StoreBackend, status: string) => {
  const { matches } = await backend.searchType(
    {
      type: 'Consent',
      clauses: [{ param: 'status', values: [{ kind: 'token', code: status }] }],
      count: 100,
      sort: [],
      total: 'none',
      understood: [],
    },
    { kind: 'compartment', patient: 'a' },
  );
  return matches.map(({ id }) => id).sort();
};

test('both are there when it commits, and nobody sees either before (N12)', async (t) => {
  const { pool, backend, beside } = await setting(t);
  await transaction(pool, async (client) => {
    const within = backend.within(client);
    const result = await within.create({ ...at('one'), content: consentOf('active') });
    assert.equal(result.kind, 'created');
    await client.query(`insert into beside values ('one', 1)`);
    assert.equal((await within.read(at('one'))).kind, 'found');
    assert.equal((await backend.read(at('one'), everything)).kind, 'absent');
    assert.deepEqual(await found(backend, 'active'), []);
  });
  assert.deepEqual(await found(backend, 'active'), ['one']);
  assert.deepEqual(await beside(), [{ id: 'one' }]);

  await transaction(pool, async (client) => {
    const within = backend.within(client);
    assert.equal((await within.update({ ...at('one'), content: consentOf('inactive') })).kind, 'updated');
    assert.deepEqual(await found(backend, 'active'), ['one']);
  });
  assert.deepEqual([await found(backend, 'active'), await found(backend, 'inactive')], [[], ['one']]);
});

test('neither is there when it is rolled back (N12)', async (t) => {
  const { pool, backend, beside } = await setting(t);
  await assert.rejects(
    transaction(pool, async (client) => {
      await backend.within(client).create({ ...at('one'), content: consentOf('active') });
      await client.query(`insert into beside values ('one', 1)`);
      throw new Error('undo');
    }),
    /undo/,
  );
  assert.equal((await backend.read(at('one'), everything)).kind, 'absent');
  assert.deepEqual([await found(backend, 'active'), await beside()], [[], []]);
});

test('a conflict is a result, and the transaction goes on', async (t) => {
  const { pool, backend, beside } = await setting(t);
  await backend.create({ ...at('taken'), content: consentOf('active') });
  await transaction(pool, async (client) => {
    const within = backend.within(client);
    assert.equal((await within.create({ ...at('taken'), content: consentOf('draft') })).kind, 'id-taken');
    assert.equal((await within.update({ ...at('none'), content: consentOf('draft') })).kind, 'absent');
    const other = { kind: 'compartment', patient: 'b' } as const;
    assert.equal((await within.update({ ...at('taken'), content: consentOf('draft') }, other)).kind, 'absent');
    const stale = await within.update({ ...at('taken'), content: consentOf('draft'), ifMatch: '7' });
    assert.equal(stale.kind, 'version-conflict');
    await client.query(`insert into beside values ('after', 1)`);
  });
  assert.deepEqual([await found(backend, 'active'), await beside()], [['taken'], [{ id: 'after' }]]);
});

test('what others depend on is refused before anything is done', async (t) => {
  const { pool, backend } = await setting(t);
  const resource: Resource = { resourceType: 'SearchParameter', id: 'x' };
  const content = { resource, json: JSON.stringify(resource) };
  await transaction(pool, async (client) => {
    const within = backend.within(client);
    await assert.rejects(within.create({ type: 'SearchParameter', id: 'x', content }), /transaction of its own/);
    assert.equal((await within.create({ ...at('one'), content: consentOf('active') })).kind, 'created');
  });
});

test('it indexes by what has become known since the store last looked', async (t) => {
  const { pool, backend } = await setting(t);
  await backend.create({ ...at('first'), content: consentOf('active') });
  // Another process has added a search parameter.
  await pool.query('update index_generation set generation = generation + 1');
  await transaction(pool, async (client) => {
    const result = await backend.within(client).create({ ...at('one'), content: consentOf('active') });
    assert.equal(result.kind, 'created');
  });
  assert.deepEqual(await found(backend, 'active'), ['first', 'one']);
});

test('many at once on all connections of a pool, before the store has looked at anything, all end', async (t) => {
  const { pool, backend: other } = await setting(t);
  // What starts a server looks once; this backend has not.
  await other.create({ ...at('first'), content: consentOf('draft') });
  const backend = createBackend({ pool, ownBases: [] });
  const ids = Array.from({ length: 40 }, (_, index) => `c${index}`);
  await Promise.all(
    ids.map((id) =>
      transaction(pool, async (client) => {
        await client.query('select pg_sleep(0.01)');
        await backend.within(client).create({ ...at(id), content: consentOf('active') });
      }),
    ),
  );
  assert.deepEqual(await found(backend, 'active'), ids.toSorted());
});

test('beside ordinary writes of the same resources, all end and none is lost; who is in the way tries again (N12)', async (t) => {
  const { pool, backend } = await setting(t);
  const ids = ['p', 'q', 'r'];
  for (const id of ids) await backend.create({ ...at(id), content: consentOf('active') });
  const once = (first: string, second: string) =>
    transaction(pool, async (client) => {
      const within = backend.within(client);
      await within.update({ ...at(first), content: consentOf('active') });
      await client.query(`insert into beside values ($1, 1) on conflict (id) do update set times = beside.times + 1`, [
        first,
      ]);
      await within.update({ ...at(second), content: consentOf('active') });
    });
  const insist = async (first: string, second: string): Promise<void> => {
    for (;;) {
      try {
        return await once(first, second);
      } catch (error) {
        if (!isConflict(error)) throw error;
      }
    }
  };
  const work = Array.from({ length: 6 }, (_, index) => {
    const [first = '', second = ''] = [ids[index % 3], ids[(index + 1 + (index % 2)) % 3]];
    return [
      insist(first, second),
      backend.update({ ...at(first), content: consentOf('inactive') }, everything),
      backend.transact(async (within) => within.update({ ...at(second), content: consentOf('draft') }, everything), []),
    ];
  });
  await Promise.all(work.flat());
  const { rows } = await pool.query<{ versions: number; times: number }>(
    `select (select sum(version) from resource)::int as versions, (select sum(times) from beside)::int as times`,
  );
  assert.deepEqual(rows, [{ versions: 3 + 6 * 4, times: 6 }]);
});

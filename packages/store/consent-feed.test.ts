import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ConsentChange, ConsentFeed } from '@affinity/core/fhir/consent-feed.ts';
import { everything } from '@affinity/core/fhir/filter.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import pg from 'pg';
import { createBackend } from './backend.ts';
import { followConsents, followGrantsAndConsents } from './consent-feed.ts';
import type { Following, FollowOptions } from './follow-feed.ts';
import { endGrant } from './grant-feed.ts';
import { importResources } from './import.ts';
import { transaction } from './postgres/pool.ts';
import { createIndexing } from './reindexing.ts';
import { testDatabase } from './testing/database.ts';

const until = async (what: () => boolean | Promise<boolean>): Promise<void> => {
  for (let tries = 0; tries < 1_000; tries++) {
    if (await what()) return;
    await sleep(10);
  }
  assert.fail(`did not come about: ${what}`);
};

const consentOf = (id: string, patient: string): Resource => ({
  resourceType: 'Consent',
  id,
  status: 'active',
  scope: { coding: [{ code: 'patient-privacy' }] },
  category: [{ coding: [{ code: '59284-0' }] }],
  patient: { reference: `Patient/${patient}` },
});
const input = (resource: Resource) => ({
  type: resource.resourceType,
  id: resource.id ?? '',
  content: { resource, json: JSON.stringify(resource) },
});

const optionsOf = (url: string, setting: Partial<FollowOptions> = {}): FollowOptions => ({
  connect: () => new pg.Client({ connectionString: url, application_name: 'consent feed' }),
  staleAfterMs: 5_000,
  pollMs: 2_000,
  log: () => {},
  now: Date.now,
  ...setting,
});

/** What a follower has been told, each change as a text. */
const listen = (t: TestContext, follower: ConsentFeed & Following): string[] => {
  const told: string[] = [];
  follower.onChange((change: ConsentChange) => {
    told.push(change.kind === 'everything' ? 'everything' : `${change.id} of ${change.patient ?? 'nobody'}`);
  });
  t.after(() => follower.close());
  return told;
};

const setting = async (t: TestContext, options: Partial<FollowOptions> = {}) => {
  const { pool, url } = await testDatabase(t);
  const backend = createBackend({ pool, ownBases: [] });
  const follower = followConsents(optionsOf(url, options));
  const told = listen(t, follower);
  assert.ok(!follower.isFresh(), 'nothing is fresh before the first reading');
  await until(() => follower.isFresh());
  assert.deepEqual(told.splice(0), ['everything']);
  return { pool, url, backend, follower, told };
};

test('every way to write is felt before the next poll, by the old and the new patient; other types are not told', async (t) => {
  const { backend, told } = await setting(t, { pollMs: 600_000 });
  const next = async (expected: readonly string[]): Promise<void> => {
    await until(() => told.length >= expected.length);
    assert.deepEqual(told.splice(0).sort(), expected);
  };
  await backend.create(input({ resourceType: 'Patient', id: 'a' }));
  await backend.create(input(consentOf('one', 'a')));
  await next(['one of a']);
  await backend.update(input(consentOf('one', 'b')), everything);
  await next(['one of a', 'one of b']);
  await backend.delete({ type: 'Consent', id: 'one' }, everything);
  await next(['one of b']);
  await backend.transact(async (within) => within.create(input(consentOf('two', 'c'))), []);
  await next(['two of c']);
  await backend.create(input({ ...consentOf('three', 'c'), patient: { display: 'somebody' } }));
  await next(['three of nobody']);
  await backend.update(input({ resourceType: 'Patient', id: 'a', active: true }), everything);
  await backend.create(input(consentOf('last', 'a')));
  await next(['last of a']);
});

test('it is told when the transaction commits, and not when it is rolled back', async (t) => {
  const { pool, backend, told } = await setting(t, { pollMs: 20 });
  await assert.rejects(
    transaction(pool, async (client) => {
      await backend.within(client).create(input(consentOf('undone', 'a')));
      throw new Error('undo');
    }),
  );
  await transaction(pool, async (client) => {
    await backend.within(client).create(input(consentOf('done', 'a')));
    await sleep(100);
    assert.deepEqual(told, []);
  });
  await until(() => told.length > 0);
  assert.deepEqual(told, ['done of a']);
});

test('an import and an indexing anew are felt', async (t) => {
  const { pool, told } = await setting(t, { pollMs: 600_000 });
  await importResources(pool, [consentOf('one', 'a'), consentOf('two', 'b')], { ownBases: [] });
  await until(() => told.length >= 2);
  assert.deepEqual(told.splice(0).sort(), ['one of a', 'two of b']);
  await pool.query(`update type_index set parameters = '{}' where type = 'Consent'`);
  await createIndexing({ pool, ownBases: [], log: () => {} }).catchUp();
  await until(() => told.length >= 2);
  assert.deepEqual(told.splice(0).sort(), ['one of a', 'two of b']);
});

/** A connection that no pool waits for when a test fails. */
const another = async (t: TestContext, url: string): Promise<pg.Client> => {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  t.after(() => client.end());
  return client;
};

/** LISTEN is swallowed, as a pooler in transaction mode does. */
const deafTo = (url: string) => () => {
  const client = new pg.Client({ connectionString: url });
  const query = client.query.bind(client) as (...given: unknown[]) => unknown;
  client.query = ((...given: unknown[]) =>
    String(given[0]).startsWith('listen') ? Promise.resolve() : query(...given)) as typeof client.query;
  return client;
};

test('1,000 changes, many at once: each is told once, with notifications and by polling alone', async (t) => {
  const { url, backend, told } = await setting(t, { pollMs: 600_000 });
  const deaf = followConsents(optionsOf(url, { pollMs: 5, connect: deafTo(url) }));
  const toldDeaf = listen(t, deaf);
  await until(() => deaf.isFresh());
  assert.deepEqual(toldDeaf.splice(0), ['everything']);
  // A transaction that stays open all the while has nothing told twice.
  const open = await another(t, url);
  await open.query('begin');
  await open.query('select pg_current_xact_id()');
  const ids = Array.from({ length: 1_000 }, (_, index) => `c${index}`);
  let next = 0;
  const work = async (): Promise<void> => {
    for (let id = ids[next++]; id !== undefined; id = ids[next++]) await backend.create(input(consentOf(id, 'a')));
  };
  await Promise.all(Array.from({ length: 8 }, work));
  const expected = ids.map((id) => `${id} of a`).sort();
  await until(() => told.length >= 1_000 && toldDeaf.length >= 1_000);
  await open.query('rollback');
  await sleep(50);
  assert.deepEqual(told.toSorted(), expected);
  assert.deepEqual(toldDeaf.toSorted(), expected);
});

test('more changes at once than are told one by one are everything', async (t) => {
  const { pool, told } = await setting(t, { pollMs: 600_000 });
  const consents = Array.from({ length: 1_500 }, (_, index) => consentOf(`c${index}`, 'a'));
  await importResources(pool, consents, { ownBases: [], batchSize: 1_500 });
  await until(() => told.length > 0);
  assert.deepEqual(told, ['everything']);
});

test('a transaction that began first and commits last is not overlooked', async (t) => {
  const { url, backend, told } = await setting(t, { pollMs: 20 });
  const slow = await another(t, url);
  await slow.query('begin');
  await backend.within(slow as pg.PoolClient).create(input(consentOf('slow', 'a')));
  for (let index = 0; index < 20; index += 1) await backend.create(input(consentOf(`quick-${index}`, 'a')));
  await until(() => told.includes('quick-19 of a'));
  assert.ok(!told.includes('slow of a'));
  await slow.query('commit');
  await until(() => told.includes('slow of a'));
  assert.equal(told.length, 21);
});

test('a killed connection is not fresh; when it comes back, everything is told before it is fresh', async (t) => {
  let allowed = true;
  const { pool, url } = await testDatabase(t);
  const follower = followConsents(
    optionsOf(url, {
      connect: () =>
        new pg.Client(
          allowed ? { connectionString: url, application_name: 'consent feed' } : { host: '127.0.0.1', port: 1 },
        ),
    }),
  );
  const told = listen(t, follower);
  await until(() => follower.isFresh());
  told.splice(0);
  allowed = false;
  await pool.query(
    `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'consent feed' and datname = current_database()`,
  );
  await until(() => !follower.isFresh());
  await createBackend({ pool, ownBases: [] }).create(input(consentOf('meanwhile', 'a')));
  assert.ok(!follower.isFresh());
  assert.deepEqual(told, []);
  const freshWhenTold: boolean[] = [];
  follower.onChange(() => freshWhenTold.push(follower.isFresh()));
  allowed = true;
  await until(() => follower.isFresh());
  assert.deepEqual([told, freshWhenTold], [['everything'], [false]]);
});

test('without a proof for long enough nothing is fresh', async (t) => {
  let ahead = 0;
  const { follower } = await setting(t, { pollMs: 600_000, now: () => Date.now() + ahead });
  ahead = 10_000;
  assert.ok(!follower.isFresh());
});

test('who stops listening is told nothing more; what is old is forgotten', async (t) => {
  let ahead = 0;
  const { pool, backend, follower, told } = await setting(t, { pollMs: 20, now: () => Date.now() + ahead });
  const other: string[] = [];
  const stop = follower.onChange(({ kind }) => other.push(kind));
  await backend.create(input(consentOf('one', 'a')));
  await until(() => told.length === 1);
  stop();
  await backend.create(input(consentOf('two', 'a')));
  await until(() => told.length === 2);
  assert.deepEqual(other, ['consent']);
  const left = async () =>
    (await pool.query<{ id: string }>('select id from consent_change order by change')).rows.map(({ id }) => id);
  assert.deepEqual(await left(), ['one', 'two']);
  await pool.query(`update consent_change set at = at - interval '2 days' where id = 'one'`);
  ahead = 61_000;
  await until(async () => (await left()).length === 1);
  assert.deepEqual(await left(), ['two']);
});

test('grants and Consents on one connection', async (t) => {
  const { pool, url } = await testDatabase(t);
  const following = followGrantsAndConsents(optionsOf(url, { pollMs: 600_000 }));
  const told = listen(t, { ...following, ...following.consents });
  await until(() => following.isFresh());
  assert.deepEqual(told.splice(0), ['everything']);
  await endGrant(pool, 'one', 'revoked', new Date(Date.now() + 3_600_000));
  await createBackend({ pool, ownBases: [] }).create(input(consentOf('c', 'a')));
  await until(() => !following.grants.isLive('one') && told.length === 1);
  assert.deepEqual(told, ['c of a']);
  assert.ok(following.grants.isFresh() && following.consents.isFresh());
  const open = async () =>
    (
      await pool.query(
        `select from pg_stat_activity where application_name = 'consent feed' and datname = current_database()`,
      )
    ).rowCount ?? 0;
  assert.equal(await open(), 1);
  await following.close();
  assert.ok(!following.grants.isFresh() && !following.consents.isFresh());
  await until(async () => (await open()) === 0);
});

/** Statements that share a commit: each is durable when it says so, one that fails takes nobody with it, and nothing is half done. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testDatabase } from '../testing/database.ts';
import { createSharedCommit } from './shared-commit.ts';
import { createSharedConnection } from './shared-connection.ts';

const open = async (t: Parameters<typeof testDatabase>[0] & object) => {
  const { url, pool } = await testDatabase(t);
  await pool.query('create table note (id int primary key, written xid8 not null default pg_current_xact_id())');
  const connection = createSharedConnection({ url, onError: () => {} });
  t.after(() => connection.close());
  const ids = async (): Promise<readonly number[]> =>
    (await pool.query<{ id: number }>('select id from note order by id')).rows.map(({ id }) => id);
  return { commit: createSharedCommit(connection), pool, ids };
};
const add = (id: number | string) => ({
  name: 'add',
  text: 'insert into note (id) values ($1) returning id',
  values: [id],
});

test('those that are asked together share a transaction, and each is told what it did', async (t) => {
  const { commit, pool, ids } = await open(t);
  const told = await Promise.all(Array.from({ length: 250 }, (_, id) => commit<{ id: number }>(add(id))));
  assert.deepEqual(
    told.map(([row]) => row?.id),
    Array.from({ length: 250 }, (_, id) => id),
  );
  assert.equal((await ids()).length, 250);
  const { rows } = await pool.query('select from note group by written');
  assert.equal(rows.length, 3, 'no more than a hundred in one');
});

test('one that fails is refused, and the others are done all the same, once', async (t) => {
  const { commit, ids } = await open(t);
  await commit(add(2));
  const results = await Promise.allSettled([1, 2, 3, 'x', 4].map((id) => commit(add(id))));
  assert.deepEqual(
    results.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled', 'rejected', 'fulfilled'],
  );
  assert.deepEqual(await ids(), [1, 2, 3, 4]);
  await commit(add(5));
  assert.deepEqual(await ids(), [1, 2, 3, 4, 5]);
});

test('what is refused at the commit itself is told to everybody, and none of it is there', async (t) => {
  const { commit, pool, ids } = await open(t);
  await pool.query(`create function refuse() returns trigger language plpgsql as $$ begin raise 'late'; end $$`);
  await pool.query(`create constraint trigger late after insert on note deferrable initially deferred
    for each row when (new.id = 7) execute function refuse()`);
  const results = await Promise.allSettled([6, 7, 8].map((id) => commit(add(id))));
  assert.deepEqual(
    results.map(({ status }) => status),
    ['rejected', 'rejected', 'rejected'],
  );
  assert.deepEqual(await ids(), []);
  await commit(add(9));
  assert.deepEqual(await ids(), [9]);
});

test('a connection that is lost before the commit: nobody is told that it was done, and nothing is', async (t) => {
  const { commit, ids } = await open(t);
  const lose = { text: 'select pg_terminate_backend(pg_backend_pid())', values: [] };
  const results = await Promise.allSettled([commit(add(1)), commit(lose), commit(add(2))]);
  assert.deepEqual(
    results.map(({ status }) => status),
    ['rejected', 'rejected', 'rejected'],
  );
  assert.deepEqual(await ids(), []);
  await commit(add(3));
  assert.deepEqual(await ids(), [3]);
});

/** A transaction ends in every case, and its connection comes back or is closed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testDatabase } from '../testing/database.ts';
import { createPool, transaction } from './pool.ts';

test('what resolves is committed, what rejects is rolled back', async (t) => {
  const { pool } = await testDatabase(t);
  await pool.query('create table written (line text primary key)');
  const insert = (line: string) =>
    transaction(pool, (client) => client.query('insert into written values ($1)', [line]));
  assert.equal((await insert('one')).rowCount, 1);
  const refusal = new Error('refused');
  const refused = transaction(pool, async (client) => {
    await client.query("insert into written values ('two')");
    throw refusal;
  });
  await assert.rejects(refused, refusal);
  await assert.rejects(insert('one'), { code: '23505' });
  assert.deepEqual((await pool.query('select line from written')).rows, [{ line: 'one' }]);
});

test('a check at the commit rejects', async (t) => {
  const { pool } = await testDatabase(t);
  await pool.query('create table written (line text unique deferrable initially deferred)');
  const twice = transaction(pool, (client) => client.query("insert into written values ('one'), ('one')"));
  await assert.rejects(twice, { code: '23505' });
  assert.equal((await pool.query('select from written')).rowCount, 0);
});

test('no end of a transaction keeps a connection', async (t) => {
  const { url } = await testDatabase(t);
  const pool = createPool({ url, max: 1, connectTimeout: 5_000, onError: () => {} });
  t.after(() => pool.end());
  await transaction(pool, (client) => client.query('select 1'));
  await assert.rejects(transaction(pool, (client) => client.query('select no_such_column')));
  const cut = transaction(pool, (client) => client.query('select pg_terminate_backend(pg_backend_pid())'));
  await assert.rejects(cut);
  const { rows } = await transaction(pool, (client) => client.query('show transaction_isolation'), 'serializable');
  assert.deepEqual(rows, [{ transaction_isolation: 'serializable' }]);
  assert.equal(pool.idleCount, 1);
});

test('a statement over its time is cancelled, and the name of the part is shown', async (t) => {
  const { url } = await testDatabase(t);
  const pool = createPool({ url, statementTimeout: 50, applicationName: 'clinic', onError: () => {} });
  t.after(() => pool.end());
  await assert.rejects(pool.query('select pg_sleep(60)'), { code: '57014' });
  assert.deepEqual((await pool.query('show application_name')).rows, [{ application_name: 'clinic' }]);
  assert.deepEqual((await pool.query("select source from pg_settings where name = 'jit'")).rows, [
    { source: 'client' },
  ]);
});

test('an answer that does not come is not waited for, and its connection is not used again', async (t) => {
  const { url } = await testDatabase(t);
  const pool = createPool({ url, max: 1, queryTimeout: 100, onError: () => {} });
  t.after(() => pool.end());
  const { rows: before } = await pool.query('select pg_backend_pid() as pid');
  await assert.rejects(pool.query('select pg_sleep(5)'), /timeout/i);
  const { rows: after } = await pool.query('select pg_backend_pid() as pid');
  assert.notDeepEqual(after, before);
  await assert.rejects(
    transaction(pool, (client) => client.query('select pg_sleep(5)')),
    /timeout/i,
  );
  assert.deepEqual((await pool.query('select 1 as one')).rows, [{ one: 1 }]);
});

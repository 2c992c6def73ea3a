/** Each test database stands alone, and is gone when closed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import pg from 'pg';
import { testDatabase } from './database.ts';

test('two databases made at once have had the migrations and do not see each other', async (t) => {
  const [one, other] = await Promise.all([testDatabase(t), testDatabase(t)]);
  await one.pool.query('create table only_here (id int)');
  await one.pool.query('select from schema_migration');
  await assert.rejects(other.pool.query('select from only_here'), { code: '42P01' });
});

test('the role of a test is no superuser, like the one that serves', async (t) => {
  const { pool } = await testDatabase(t);
  const { rows } = await pool.query('select rolsuper from pg_roles where rolname = current_user');
  assert.deepEqual(rows, [{ rolsuper: false }]);
});

test('a closed database is gone, however often it is closed', async () => {
  const { url, close } = await testDatabase();
  await Promise.all([close(), close()]);
  await assert.rejects(new pg.Client({ connectionString: url }).connect(), { code: '3D000' });
});

/** Migrations run once, in order, whoever starts them, and only those that this version knows. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { testDatabase } from '../testing/database.ts';
import { type Migration, migrate, readMigrations } from './migrate.ts';

type Files = Readonly<Record<string, string>>;

function read(t: TestContext, files: Files): readonly Migration[] {
  const folder = mkdtempSync(join(tmpdir(), 'affinity-migrations-'));
  t.after(() => rmSync(folder, { recursive: true }));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return readMigrations(folder);
}

/** A database that has had none. */
async function emptyDatabase(t: TestContext): Promise<Awaited<ReturnType<typeof testDatabase>>> {
  const database = await testDatabase(t);
  await database.pool.query('drop table schema_migration');
  return database;
}

const TWO: Files = {
  '9010-second.sql': 'insert into trail values (2);',
  '9001-first.sql': 'create table trail (step int); insert into trail values (1);',
  'notes.txt': 'not a migration',
};

test('an empty folder has no migrations', async (t) => {
  const { url } = await emptyDatabase(t);
  assert.deepEqual(read(t, {}), []);
  assert.deepEqual(await migrate(url, []), []);
});

test('they run in the order of their numbers, once', async (t) => {
  const { pool, url } = await emptyDatabase(t);
  const migrations = read(t, TWO);
  assert.deepEqual(await migrate(url, migrations), ['9001-first.sql', '9010-second.sql']);
  assert.deepEqual(await migrate(url, migrations), []);
  assert.deepEqual((await pool.query('select step from trail')).rows, [{ step: 1 }, { step: 2 }]);
});

test('of several runners at once, one does the work', async (t) => {
  const { pool, url } = await emptyDatabase(t);
  const migrations = read(t, TWO);
  const ran = await Promise.all(Array.from({ length: 8 }, () => migrate(url, migrations)));
  assert.deepEqual(
    ran.filter((names) => names.length > 0),
    [['9001-first.sql', '9010-second.sql']],
  );
  assert.equal((await pool.query('select from trail')).rowCount, 2);
});

test('one that fails is named, leaves nothing, and keeps what came before', async (t) => {
  const { pool, url } = await emptyDatabase(t);
  const broken = read(t, { ...TWO, '9010-second.sql': 'insert into trail values (2); select no_such_column;' });
  await assert.rejects(migrate(url, broken), /9010-second\.sql failed: column "no_such_column" does not exist/);
  assert.deepEqual((await pool.query('select step from trail')).rows, [{ step: 1 }]);
  assert.deepEqual(await migrate(url, read(t, TWO)), ['9010-second.sql']);
});

test('one that was changed afterwards is refused', async (t) => {
  const { url } = await emptyDatabase(t);
  await migrate(url, read(t, TWO));
  const changed = read(t, { ...TWO, '9010-second.sql': 'insert into trail values (3);' });
  await assert.rejects(migrate(url, changed), /9010-second\.sql was changed after the database had it/);
});

test('a database of a newer version is refused before anything runs', async (t) => {
  const { pool, url } = await emptyDatabase(t);
  await migrate(url, read(t, TWO));
  const older = read(t, { '9001-first.sql': TWO['9001-first.sql'] ?? '', '9020-other.sql': 'create table other ()' });
  await assert.rejects(migrate(url, older), /had the migration 9010-second\.sql, which this version does not know/);
  await assert.rejects(pool.query('select from other'), { code: '42P01' });
});

test('one that is numbered before what the database has had is refused', async (t) => {
  const { url } = await emptyDatabase(t);
  await migrate(url, read(t, TWO));
  await assert.rejects(
    migrate(url, read(t, { ...TWO, '9005-late.sql': '' })),
    /9005-late\.sql comes before 9010-second/,
  );
});

test('a wrong name and a number used twice are refused', (t) => {
  assert.throws(() => read(t, { 'first.sql': '' }), /first\.sql must be named like 0001-/);
  assert.throws(
    () => read(t, { '0001-a.sql': '', '0001-b.sql': '' }),
    /0001-a\.sql and 0001-b\.sql have the same number/,
  );
});

/** A database that fails: what is told to a caller and what to whoever runs the gateway, and that work nobody waits for ends. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { BackendTooSlow, BackendUnavailable } from '@affinity/core/fhir/backend.ts';
import { FhirError } from '@affinity/core/fhir/outcome.ts';
import { testDatabase } from '@affinity/store/testing/database.ts';
import { openPostgresql } from './postgresql.ts';
import { openSqlite } from './sqlite.ts';
import { sql, toStatement } from './statement.ts';
import { engineNames, openDatabase, openSource } from './testing/opened.ts';

/** A SELECT that does not end before the sun goes down, in the words of each engine. */
const endless = {
  PostgreSQL: 'select "PAT_NR", pg_sleep(300)::text as pause from "PAT"',
  SQLite:
    'with recursive n(i) as (select 1 union all select i + 1 from n) select "PAT_NR", cast(i as text) as pause from n cross join "PAT"',
};
const mappingOf = (select: string) => `
updated: 2020-01-01T00:00:00Z
resources:
  Patient:
    sql: ${JSON.stringify(select)}
    id: PAT_NR
    elements: { name: { family: { column: pause } } }
`;
const all = { type: 'Patient', clauses: [], sort: [], count: 10 };
/** What must never be told: words of the statement, the database and the file. */
const inside = /select|PAT_NR|"PAT"|pause|hospital|sqlite|postgres|relation|column|tmp|@|127\.0/i;

for (const name of engineNames)
  describe(`a database in ${name} that fails`, () => {
    test('E83: a statement that takes too long is ended and told as such', async (t) => {
      const { engine, failures } = await openDatabase(name, t, 400);
      const { source } = await openSource(engine, mappingOf(endless[name]));
      await assert.rejects(source.find(all), (error: unknown) => {
        assert.ok(error instanceof BackendTooSlow, String(error));
        assert.doesNotMatch(`${error.message} ${String(error.cause)}`, inside);
        return true;
      });
      assert.equal(failures.at(-1)?.event, 'database-too-slow');
    });

    test('E83: a statement that fails is 502 without a word of the database', async (t) => {
      const { engine, failures } = await openDatabase(name, t);
      const broken =
        name === 'PostgreSQL'
          ? 'select "PAT_NR", (1 / (length("PAT_NR") * 0))::text as pause from "PAT"'
          : 'select "PAT_NR", json("PAT_NR") as pause from "PAT"';
      const { source } = await openSource(engine, mappingOf(broken));
      await assert.rejects(source.find(all), (error: unknown) => {
        assert.ok(error instanceof FhirError, String(error));
        assert.equal(error.status, 502);
        assert.doesNotMatch(`${error.message} ${String(error.cause)} ${JSON.stringify(error.issues)}`, inside);
        return true;
      });
      assert.equal(failures.at(-1)?.event, 'database-failed');
      assert.doesNotMatch(failures.at(-1)?.code ?? '', inside);
    });

    test('E83: who hangs up ends the statement: the one connection is free again', async (t) => {
      const { engine } = await openDatabase(name, t, 60_000);
      const { source } = await openSource(engine, mappingOf(endless[name]));
      const caller = new AbortController();
      const gone = new Error('the caller has gone');
      const asked = source.find(all, caller.signal);
      setImmediate(() => caller.abort(gone));
      await assert.rejects(asked, gone);
      await assert.rejects(source.find(all, AbortSignal.abort(gone)), gone);
      // As many at once as PostgreSQL has connections, all given up: none of them is left to wait for.
      const callers = Array.from({ length: 5 }, () => new AbortController());
      const waiting = callers.map(({ signal }) => assert.rejects(source.find(all, signal), gone));
      setTimeout(() => callers.map((one) => one.abort(gone)), 50);
      await Promise.all(waiting);
      const rows = await engine.select(toStatement(sql`select 1`, engine.dialect.place));
      assert.deepEqual(rows, [['1']]);
    });

    test('nothing can be written', async (t) => {
      const { engine } = await openDatabase(name, t);
      for (const text of ["insert into \"ARZT\" values ('X', 'X')", 'delete from "PAT"', 'create table x (y integer)'])
        await assert.rejects(engine.select({ text, values: [] }), { status: 502 });
      const rows = await engine.select(toStatement(sql`select count(*) from "PAT"`, engine.dialect.place));
      assert.deepEqual(rows, [['6']]);
    });
  });

test('E83: a database that is not there is told as unavailable, without its address', async (t) => {
  const failures: unknown[] = [];
  const onFailure = (one: unknown) => void failures.push(one);
  const nowhere = openPostgresql({ url: 'postgresql://reader:hush@127.0.0.1:9/hospital', onFailure });
  const noFile = openSqlite({ path: '/tmp/there/is/no/hospital.db', onFailure });
  t.after(() => Promise.all([nowhere.close(), noFile.close()]));
  for (const engine of [nowhere, noFile]) {
    const told = (error: unknown): boolean => {
      assert.ok(error instanceof BackendUnavailable, String(error));
      assert.doesNotMatch(`${error.message} ${String(error.cause)} ${error.stack}`, /hush|127\.0\.0\.1:9|hospital\.db/);
      return true;
    };
    await assert.rejects(engine.select({ text: 'select 1', values: [] }), told);
    await assert.rejects(engine.columns({ kind: 'table', names: ['PAT'] }), told);
  }
  assert.doesNotMatch(JSON.stringify(failures), /hush|127|hospital/);
});

test('E83: connections that PostgreSQL cuts are told as unavailable, and the next question is answered', async (t) => {
  const { pool, url } = await testDatabase(t);
  const engine = openPostgresql({ url, connections: 2 });
  t.after(() => engine.close());
  const asked = assert.rejects(engine.select({ text: 'select pg_sleep(300)', values: [] }), BackendUnavailable);
  for (let cut = 0; cut === 0; ) {
    const text =
      "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'affinity gateway' and datname = current_database() and query like '%pg_sleep%'";
    cut = (await pool.query(text)).rows.length;
  }
  await asked;
  assert.deepEqual(await engine.select({ text: 'select 1', values: [] }), [['1']]);
});

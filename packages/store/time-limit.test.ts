/** A question ends at its time and when the caller hangs up, at the server too, and never ends another's. (N14, Q29) */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BackendTooSlow } from '@affinity/core/fhir/backend.ts';
import { createDatabase, type Query } from './database.ts';
import { createPool } from './postgres/pool.ts';
import { sql } from './sql.ts';
import { testDatabase } from './testing/database.ts';
import { createAsk } from './time-limit.ts';

const asking = async (t: Parameters<typeof testDatabase>[0] & {}, milliseconds: number, max = 2) => {
  const { pool: watcher, url, close } = await testDatabase();
  const pool = createPool({ url, max, applicationName: 'asking', onError: () => {} });
  t.after(async () => {
    await pool.end();
    await close();
  });
  const running = async (): Promise<number> =>
    (
      await watcher.query(
        "select 1 from pg_stat_activity where application_name = 'asking' and state = 'active' and datname = current_database()",
      )
    ).rowCount ?? 0;
  return { pool, running, ask: createAsk(createDatabase(pool), milliseconds) };
};
const sleep = (query: Query) => query(sql`select pg_sleep(60)`);

test('a question over its time is given up, and nothing of it runs on', async (t) => {
  const { ask, running, pool } = await asking(t, 50);
  await assert.rejects(ask(sleep), BackendTooSlow);
  assert.equal(await running(), 0);
  assert.deepEqual(await ask((query) => query(sql`select 1 as one`)), [{ one: 1 }]);
  assert.equal(pool.idleCount, pool.totalCount);
});

test('the time is of the whole question, not of each statement', async (t) => {
  const { ask } = await asking(t, 300);
  let statements = 0;
  const many = ask(async (query) => {
    for (;;) {
      await query(sql`select pg_sleep(0.05)`);
      statements += 1;
    }
  });
  await assert.rejects(many, BackendTooSlow);
  assert.ok(statements > 0);
});

test('a caller who hangs up ends the statement at the server', async (t) => {
  const { ask, running } = await asking(t, 60_000);
  const caller = new AbortController();
  const gone = new Error('gone');
  const asked = assert.rejects(ask(sleep, caller.signal), gone);
  while ((await running()) === 0);
  caller.abort(gone);
  await asked;
  assert.equal(await running(), 0);
});

test('who has hung up before is not asked for', async (t) => {
  const { ask, pool } = await asking(t, 60_000);
  await assert.rejects(ask(sleep, AbortSignal.abort()), { name: 'AbortError' });
  assert.equal(pool.totalCount, 0);
});

test('who hangs up while there is no connection waits no longer', async (t) => {
  const { ask, pool, running } = await asking(t, 60_000, 1);
  const [first, second] = [new AbortController(), new AbortController()];
  const gone = new Error('gone');
  const slow = assert.rejects(ask(sleep, first.signal), gone);
  while ((await running()) === 0);
  const waiting = assert.rejects(ask(sleep, second.signal), gone);
  second.abort(gone);
  await waiting;
  first.abort(gone);
  await slow;
  assert.deepEqual(await ask((query) => query(sql`select 1 as one`)), [{ one: 1 }]);
  assert.equal(pool.waitingCount, 0);
});

test('when every connection is in a slow question, each still ends at its time', async (t) => {
  const { ask, running } = await asking(t, 100, 3);
  const all = await Promise.allSettled(Array.from({ length: 7 }, () => ask(sleep)));
  assert.ok(all.every((one) => one.status === 'rejected' && one.reason instanceof BackendTooSlow));
  assert.equal(await running(), 0);
});

test('a hang-up as the statement ends, or after, cancels nobody else', async (t) => {
  const { ask } = await asking(t, 60_000, 1);
  for (let round = 0; round < 40; round += 1) {
    const caller = new AbortController();
    const ending = ask((query) => query(sql`select pg_sleep(0.002)`), caller.signal).catch((error) => error);
    const next = ask((query) => query<{ round: number }>(sql`select ${round}::int as round, pg_sleep(0.004)`));
    setTimeout(() => caller.abort(), round % 8);
    await ending;
    caller.abort();
    assert.equal((await next)[0]?.round, round);
  }
});

test('an error of the work is thrown on, and its connection is used again', async (t) => {
  const { ask, pool } = await asking(t, 60_000, 1);
  await assert.rejects(
    ask((query) => query(sql`select no_such_column`)),
    { code: '42703' },
  );
  assert.equal(pool.totalCount, 1);
  assert.deepEqual(await ask((query) => query(sql`select 1 as one`)), [{ one: 1 }]);
});

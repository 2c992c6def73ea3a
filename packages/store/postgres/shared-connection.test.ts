/** Many statements on one connection: each gets its own answer, a failed one is alone, and a lost connection is replaced. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testDatabase } from '../testing/database.ts';
import { createSharedConnection } from './shared-connection.ts';

const shared = async (t: Parameters<typeof testDatabase>[0] & object) => {
  const { url, pool } = await testDatabase(t);
  const lost: Error[] = [];
  const connection = createSharedConnection({
    url,
    applicationName: 'affinity shared test',
    onError: (error) => lost.push(error),
  });
  t.after(() => connection.close());
  return { connection, pool, lost };
};
const echo = (value: number) => ({ name: 'echo', text: 'select $1::int as value', values: [value] });
const divide = (by: number) => ({ name: 'divide', text: 'select 12 / $1::int as value', values: [by] });

test('each of many statements at once gets its own answer, whatever becomes of the others', async (t) => {
  const { connection, pool } = await shared(t);
  const results = await Promise.allSettled(
    Array.from({ length: 300 }, (_, at) =>
      connection.query<{ value: number }>(
        at % 3 === 0 ? divide(at % 2) : at % 3 === 1 ? echo(at) : { text: `select ${at} as value`, values: [] },
      ),
    ),
  );
  results.forEach((result, at) => {
    if (at % 3 === 0 && at % 2 === 0) assert.equal(result.status, 'rejected', String(at));
    else assert.deepEqual(result, { status: 'fulfilled', value: [{ value: at % 3 === 0 ? 12 : at }] });
  });
  const { rows } = await pool.query(
    "select from pg_stat_activity where application_name = 'affinity shared test' and datname = current_database()",
  );
  assert.equal(rows.length, 1);
});

test('a lost connection refuses who waits, and the next statement opens another', async (t) => {
  const { connection, lost } = await shared(t);
  await connection.query(echo(1));
  const waiting = await Promise.allSettled([
    connection.query({ text: 'select pg_terminate_backend(pg_backend_pid())', values: [] }),
    connection.query(echo(2)),
  ]);
  assert.deepEqual(
    waiting.map(({ status }) => status),
    ['rejected', 'rejected'],
  );
  assert.deepEqual(await connection.query(echo(3)), [{ value: 3 }]);
  assert.equal(lost.length, 1);
});

test('closing lets what was asked be answered, and nothing is asked afterwards', async (t) => {
  const { connection } = await shared(t);
  const asked = connection.query(echo(4));
  const more = connection.query(echo(5)).catch(() => 'refused');
  assert.deepEqual(await asked, [{ value: 4 }]);
  await more;
  const last = connection.query(echo(6));
  await connection.close();
  assert.deepEqual(await last, [{ value: 6 }]);
  await assert.rejects(connection.query(echo(7)));
});

test('a server that cannot be reached is an error to the caller, and nobody else', async () => {
  const connection = createSharedConnection({ url: 'postgresql://127.0.0.1:1/none', onError: () => {} });
  await assert.rejects(connection.query(echo(1)));
  await connection.close();
});

test('a server that gives no answer is given up, and everybody who waits is told', async (t) => {
  const { url } = await testDatabase(t);
  const connection = createSharedConnection({ url, answerTimeout: 200, onError: () => {} });
  t.after(() => connection.close());
  const [slow, behind] = await Promise.allSettled([
    connection.query({ text: 'select pg_sleep(5)', values: [] }),
    connection.query(echo(6)),
  ]);
  assert.deepEqual([slow?.status, behind?.status], ['rejected', 'rejected']);
  assert.deepEqual(await connection.query(echo(7)), [{ value: 7 }]);
});

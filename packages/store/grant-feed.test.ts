import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { endGrant, followGrants, type GrantFollower } from './grant-feed.ts';
import { transaction } from './postgres/pool.ts';
import { testDatabase } from './testing/database.ts';

const inAnHour = () => new Date(Date.now() + 3_600_000);

const until = async (what: () => boolean | Promise<boolean>): Promise<void> => {
  for (let tries = 0; tries < 1_000; tries++) {
    if (await what()) return;
    await sleep(10);
  }
  assert.fail(`did not come about: ${what}`);
};

interface Setting {
  readonly pollMs?: number;
  readonly now?: () => number;
  readonly connect?: () => pg.Client;
}

const follow = (t: TestContext, url: string, setting: Setting = {}): GrantFollower => {
  const follower = followGrants({
    connect: () => new pg.Client({ connectionString: url, application_name: 'grant feed' }),
    staleAfterMs: 5_000,
    pollMs: 2_000,
    log: () => {},
    now: Date.now,
    ...setting,
  });
  t.after(() => follower.close());
  return follower;
};

test('an ended grant is felt, before the next poll, by every follower; others stay live', async (t) => {
  const { pool, url } = await testDatabase(t);
  await endGrant(pool, 'before', 'revoked', inAnHour());
  const followers = [follow(t, url, { pollMs: 600_000 }), follow(t, url, { pollMs: 600_000 })];
  assert.ok(
    followers.every((each) => !each.isFresh()),
    'nothing is fresh before the first reading',
  );
  await until(() => followers.every((each) => each.isFresh()));
  assert.ok(followers.every((each) => !each.isLive('before') && each.isLive('one')));
  await endGrant(pool, 'one', 'revoked', inAnHour());
  await until(() => followers.every((each) => !each.isLive('one')));
  assert.ok(followers.every((each) => each.isLive('other')));
});

test('it is felt when the transaction commits, and not when it is rolled back', async (t) => {
  const { pool, url } = await testDatabase(t);
  const follower = follow(t, url, { pollMs: 20 });
  await assert.rejects(
    transaction(pool, async (client) => {
      await endGrant(client, 'undone', 'revoked', inAnHour());
      throw new Error('undo');
    }),
  );
  await transaction(pool, (client) => endGrant(client, 'done', 'revoked', inAnHour()));
  await until(() => !follower.isLive('done'));
  assert.ok(follower.isLive('undone'));
});

test('a transaction that began first and commits last is not overlooked', async (t) => {
  const { pool, url } = await testDatabase(t);
  const follower = follow(t, url, { pollMs: 20 });
  const slow = await pool.connect();
  await slow.query('begin');
  await endGrant(slow, 'slow', 'revoked', inAnHour());
  for (let i = 0; i < 20; i++) await endGrant(pool, `quick-${i}`, 'revoked', inAnHour());
  await until(() => !follower.isLive('quick-19'));
  assert.ok(follower.isLive('slow'));
  await slow.query('commit');
  slow.release();
  await until(() => !follower.isLive('slow'));
});

test('many at once on a pool: none is lost, with notifications and by polling alone', async (t) => {
  const { pool, url } = await testDatabase(t);
  const deaf = () => {
    const client = new pg.Client({ connectionString: url });
    const query = client.query.bind(client) as (...given: unknown[]) => unknown;
    // LISTEN is swallowed, as a pooler in transaction mode does.
    client.query = ((...given: unknown[]) =>
      String(given[0]).startsWith('listen') ? Promise.resolve() : query(...given)) as typeof client.query;
    return client;
  };
  const followers = [follow(t, url, { pollMs: 600_000 }), follow(t, url, { pollMs: 5, connect: deaf })];
  const ids = Array.from({ length: 400 }, (_, i) => `grant-${i}`);
  await Promise.all(
    ids.map((id, i) =>
      transaction(pool, async (client) => {
        await endGrant(client, id, 'revoked', inAnHour());
        await client.query('select pg_sleep($1)', [(i % 7) / 500]);
      }),
    ),
  );
  await until(() => followers.every((each) => ids.every((id) => !each.isLive(id))));
});

test('a killed connection is not fresh, comes back, and has missed nothing', async (t) => {
  const { pool, url } = await testDatabase(t);
  let allowed = true;
  const connect = () =>
    new pg.Client(allowed ? { connectionString: url, application_name: 'grant feed' } : { host: '127.0.0.1', port: 1 });
  const follower = follow(t, url, { connect });
  await until(() => follower.isFresh());
  allowed = false;
  await pool.query(`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'grant feed'`);
  await until(() => !follower.isFresh());
  await endGrant(pool, 'meanwhile', 'revoked', inAnHour());
  assert.ok(!follower.isFresh());
  allowed = true;
  await until(() => follower.isFresh());
  assert.ok(!follower.isLive('meanwhile'));
});

test('without a proof for long enough nothing is fresh', async (t) => {
  const { url } = await testDatabase(t);
  let ahead = 0;
  const follower = follow(t, url, { pollMs: 600_000, now: () => Date.now() + ahead });
  await until(() => follower.isFresh());
  ahead = 10_000;
  assert.ok(!follower.isFresh());
});

test('ending twice is ending once; the later expiry counts; what has expired is forgotten', async (t) => {
  const { pool, url } = await testDatabase(t);
  await Promise.all(Array.from({ length: 10 }, () => endGrant(pool, 'one', 'revoked', inAnHour())));
  await endGrant(pool, 'one', 'revoked', new Date(Date.now() + 7_200_000));
  await endGrant(pool, 'one', 'revoked', inAnHour());
  const { rows } = await pool.query(`select expires_at > now() + interval '110 minutes' as late from ended_grant`);
  assert.deepEqual(rows, [{ late: true }]);

  let ahead = 0;
  const follower = follow(t, url, { pollMs: 10, now: () => Date.now() + ahead });
  await until(() => !follower.isLive('one'));
  ahead = 8_000_000;
  await until(() => follower.isLive('one'));

  await endGrant(pool, 'old', 'revoked', new Date(Date.now() - 2 * 86_400_000));
  await endGrant(pool, 'two', 'revoked', inAnHour());
  const { rows: left } = await pool.query(`select grant_id from ended_grant order by grant_id`);
  assert.deepEqual(left, [{ grant_id: 'one' }, { grant_id: 'two' }]);
});

test('close ends the connection', async (t) => {
  const { pool, url } = await testDatabase(t);
  const follower = follow(t, url);
  await until(() => follower.isFresh());
  await follower.close();
  assert.ok(!follower.isFresh());
  const open = async () =>
    (await pool.query(`select from pg_stat_activity where application_name = 'grant feed'`)).rowCount ?? 0;
  await until(async () => (await open()) === 0);
});

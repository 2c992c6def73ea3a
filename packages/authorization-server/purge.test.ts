/** What has expired is forgotten, what may still be asked about is not; and a rotation is whole or not at all. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { purgeExpired } from './purge.ts';
import { defaultSettings } from './settings.ts';
import { basic, obtainTokens, refreshFields, startDomain } from './testing/domain.ts';

test('expired rows are purged, a used code is kept for a day so that a replay is known', async (t) => {
  const domain = await startDomain(t);
  const { pool } = domain.database;
  const tokens = await obtainTokens(domain);
  await domain.token(refreshFields(tokens.refresh_token), basic('web'));
  const count = async (table: string): Promise<number> =>
    (await pool.query<{ n: number }>(`select count(*)::int as n from ${table}`)).rows[0]?.n ?? 0;
  const before = { state: await count('authorization_state'), refresh: await count('refresh_token') };
  await purgeExpired(pool, defaultSettings);
  assert.deepEqual({ state: await count('authorization_state'), refresh: await count('refresh_token') }, before);

  await pool.query("update authorization_state set expires_at = now() - interval '1 hour'");
  await pool.query(
    `insert into used_assertion select sha256(n::text::bytea), now() - interval '1 second' from generate_series(1, 2500) n`,
  );
  const reference = `insert into access_token select sha256(n::text::bytea), '{}', null, now() + $1::interval from generate_series(1, 2) n`;
  await pool.query(reference, ['-1 second']);
  await purgeExpired(pool, defaultSettings);
  await pool.query(reference, ['1 hour']);
  for (const table of ['used_proof (id, expires_at)', 'pushed_request (id, expires_at, client_id, parameters)'])
    await pool.query(
      `insert into ${table} select sha256(n::text::bytea), now() - interval '1 second'
       ${table.startsWith('pushed') ? ", 'web', ''" : ''} from generate_series(1, 1200) n`,
    );
  // A launch is kept for a day, so that a second use of it can be told; a style for as long as a launch may name it.
  for (const [hours, days] of [
    [23, 729],
    [25, 731],
  ])
    await pool.query(
      `with launch as (
         insert into ehr_launch (handle, client_id, ehr, sub, audience, context, created_at, expires_at)
         select sha256($1::int::text::bytea), 'web', 'ehr', sub, 'a', '{}', now(), now() - $1::int * interval '1 hour' from person
         where username = 'ana')
       insert into launch_style values ($2::int::text, '{}', now() - $2::int * interval '1 day')`,
      [hours, days],
    );
  await pool.query(
    `insert into initial_access_token select gen_random_uuid(), sha256(n::text::bytea), 'x', null, 1, now(), now() + n * interval '1 hour'
     from generate_series(-1, 1, 2) n`,
  );
  await pool.query("update known_browser set expires_at = now() - interval '1 second'");
  await pool.query("update refresh_token set consumed_at = consumed_at - interval '1 minute'");
  await purgeExpired(pool, defaultSettings);
  const { rows } = await pool.query('select model from authorization_state');
  assert.deepEqual(rows, [{ model: 'AuthorizationCode' }]);
  assert.deepEqual(
    await Promise.all(
      ['used_assertion', 'known_browser', 'refresh_token', 'access_token', 'initial_access_token'].map(count),
    ),
    [0, 0, 2, 2, 1],
  );
  assert.deepEqual([await count('ehr_launch'), await count('launch_style')], [1, 1]);
  assert.deepEqual([await count('used_proof'), await count('pushed_request')], [0, 0]);
  assert.equal(await count('refresh_token where answer is not null'), 0);

  await pool.query("update authorization_state set expires_at = now() - interval '2 days'");
  await pool.query("update refresh_token set expires_at = now() - interval '1 second'");
  await purgeExpired(pool, defaultSettings);
  assert.deepEqual([await count('authorization_state'), await count('refresh_token')], [0, 0]);
});

test('a rotation that fails half-way leaves the old token as it was, and no successor', async (t) => {
  const domain = await startDomain(t);
  const { pool } = domain.database;
  const tokens = await obtainTokens(domain);
  await pool.query(`create function refuse() returns trigger language plpgsql as $$ begin raise 'half-way'; end $$`);
  await pool.query('create trigger refuse before update on refresh_token for each row execute function refuse()');
  assert.equal((await domain.token(refreshFields(tokens.refresh_token), basic('web'))).status, 503);
  const { rows } = await pool.query('select consumed_at, answer from refresh_token');
  assert.deepEqual(rows, [{ consumed_at: null, answer: null }]);
  await pool.query('drop trigger refuse on refresh_token');
  assert.equal((await domain.token(refreshFields(tokens.refresh_token), basic('web'))).status, 200);
});

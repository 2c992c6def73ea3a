/** Apps that have registered themselves, from the command line. RFC 7591; RFC 7592. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hashOf } from '@affinity/authorization-server/adapter.ts';
import { findInitialToken } from '@affinity/authorization-server/initial-access-token.ts';
import { findRegistered, newClientId, storeRegistered } from '@affinity/authorization-server/registered-clients.ts';
import { transaction } from '@affinity/store/postgres/pool.ts';
import { testDatabase } from '@affinity/store/testing/database.ts';
import { findCommand } from '../command-line.ts';
import { readConfig } from '../config.ts';

const commandsOn = async (t: { after(work: () => Promise<void>): void }) => {
  const { pool, url } = await testDatabase(t);
  const read = readConfig({ DATABASE_URL: url, AFFINITY_DEMO: 'off' }, '/nonexistent');
  const config = read.kind === 'config' ? read.config : assert.fail();
  const run = async (...args: readonly string[]): Promise<readonly [code: number, printed: string]> => {
    const printed: string[] = [];
    const code = await findCommand('clients')?.run({
      config,
      args,
      log: () => {},
      print: (text) => printed.push(text),
    });
    return [code ?? assert.fail(), printed.join('\n')];
  };
  const recorded = async (): Promise<readonly (readonly unknown[])[]> => {
    const { rows } = await pool.query<{ text: string }>(
      'select records::text as text from audit_segment order by written',
    );
    return rows
      .flatMap(({ text }) => text.split('\n'))
      .filter((row) => row.trim() !== '')
      .map((row) => JSON.parse(row))
      .map(({ event, client, reason, source }) => [event, client, reason, source]);
  };
  return { pool, run, recorded };
};

test('H04, H11: an initial access token is shown once, kept as a hash, and can be taken back', async (t) => {
  const { pool, run, recorded } = await commandsOn(t);
  const scope = 'system/Observation.rs';
  const [code, text] = await run('token', '--for', 'A maker', '--uses', '2', '--hours', '3', '--scope', scope);
  assert.equal(code, 0);
  const [token = ''] = text.split('\n');
  assert.match(token, /^[\w-]{43}$/);
  const found = (await findInitialToken(pool, token, new Date())) ?? assert.fail();
  assert.deepEqual([found.note, found.scope], ['A maker', scope]);
  assert.equal(await findInitialToken(pool, token, new Date(Date.now() + 3 * 3_600_000 + 1000)), undefined);
  const [, listed] = await run('token', 'list');
  assert.ok(listed.includes(found.id) && listed.includes('2 left') && !listed.includes(token));
  assert.equal((await run('token', 'end', found.id))[0], 0);
  assert.equal((await run('token', 'end', found.id))[0], 1);
  assert.equal(await findInitialToken(pool, token, new Date()), undefined);
  const records = await recorded();
  assert.deepEqual(
    records.map(([event]) => event),
    ['policy-changed', 'policy-changed'],
  );
  assert.ok(!JSON.stringify(records).includes(token));
  for (const args of [
    ['token'],
    ['token', '--for', ' '],
    ['token', '--for', 'x', '--uses', '0'],
    ['token', '--for', 'x', '--uses', '1001'],
    ['token', '--for', 'x', '--hours', '721'],
    ['token', '--for', 'x', '--scope', 'no-scope'],
    ['token', '--for', 'x', '--scope', ' '],
    ['token', 'end'],
    ['list', '--uses', '1'],
    ['list', '--limit', '0'],
    ['approve'],
    ['approve', 'x', 'y'],
    ['suspend', 'x', '--publisher', 'y'],
    ['approve', 'x', '--publisher', 'a\u0007b'],
    ['burn', 'x'],
    ['--nothing'],
  ])
    assert.equal((await run(...args))[0], 2, args.join(' '));
});

test('H09: an app is looked at, approved, suspended, taken up again and removed, each on record', async (t) => {
  const { pool, run, recorded } = await commandsOn(t);
  assert.deepEqual(await run(), [0, 'No app has registered itself.']);
  const id = newClientId();
  const at = new Date();
  await transaction(pool, (db) =>
    storeRegistered(db, {
      id,
      metadata: {
        client_name: 'Diary',
        redirect_uris: ['https://diary.example/cb'],
        grant_types: ['authorization_code', 'refresh_token'],
        scope: 'offline_access patient/*.rs user/*.rs',
        policy_uri: 'https://diary.example/privacy',
      },
      status: 'pending',
      registrationToken: hashOf('t'),
      admittedBy: 'open',
      createdAt: at,
      changedAt: at,
    }),
  );
  const [, shown] = await run('show', id);
  for (const part of ['pending', 'nobody', 'https://diary.example/cb', 'https://diary.example/privacy'])
    assert.ok(shown.includes(part), `${part} in ${shown}`);
  assert.match(shown, /asks for: offline_access patient\/\*\.rs user\/\*\.rs\n +may ask for: patient\/\*\.rs\n/);
  assert.equal((await run('approve', id, '--publisher', 'Diary Ltd'))[0], 0);
  assert.match((await run('list'))[1], new RegExp(`${id} +listed .*Diary, by Diary Ltd`));
  assert.equal((await run('approve', id))[0], 1);
  assert.equal((await run('suspend', id))[0], 0);
  assert.equal((await findRegistered(pool, id))?.status, 'suspended');
  assert.equal((await run('resume', id))[0], 0);
  const { status, publisher } = (await findRegistered(pool, id)) ?? assert.fail();
  assert.deepEqual([status, publisher], ['listed', 'Diary Ltd']);
  assert.equal((await run('remove', id))[0], 0);
  assert.equal(await findRegistered(pool, id), undefined);
  for (const verb of ['show', 'approve', 'suspend', 'resume', 'remove'])
    assert.equal((await run(verb, id))[0], 1, verb);
  assert.deepEqual(await recorded(), [
    ['client-changed', id, 'list; pending before; by Diary Ltd', 'command-line'],
    ['client-changed', id, 'suspend; listed before', 'command-line'],
    ['client-changed', id, 'resume; suspended before', 'command-line'],
    ['client-removed', id, 'remove; listed before', 'command-line'],
  ]);
});

/** Invitations, and the end of a second factor, from the command line: recorded, and good for what they say. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPeople } from '@affinity/authorization-server/people.ts';
import { redeemInvitation } from '@affinity/authorization-server/proofing.ts';
import { testDatabase } from '@affinity/store/testing/database.ts';
import { findCommand } from '../command-line.ts';
import { readConfig } from '../config.ts';

test('F14: an invitation is printed once, recorded without its code, and works once', async (t) => {
  const { pool, url } = await testDatabase(t);
  const read = readConfig({ DATABASE_URL: url, AFFINITY_DEMO: 'off' }, '/nonexistent');
  assert.ok(read.kind === 'config');
  const run = async (...args: readonly string[]): Promise<readonly [code: number, printed: string]> => {
    const printed: string[] = [];
    const { config } = read;
    const code = await findCommand('people')?.run({ config, args, log: () => {}, print: (text) => printed.push(text) });
    return [code ?? assert.fail(), printed.join('\n')];
  };
  for (const args of [
    [],
    ['--patient', 'p1'],
    ['--patient', 'p1', '--practitioner', 'd1', '--name', 'Ida'],
    ['--name', 'Ida'],
    ['--patient', 'a b', '--name', 'Ida'],
    ['--patient', 'p1', '--name', ' '],
    ['--patient', 'p1', '--name', 'Ida', '--days', '0'],
    ['--patient', 'p1', '--name', 'Ida', '--days', '91'],
    ['somebody', '--patient', 'p1', '--name', 'Ida'],
  ])
    assert.equal((await run('invite', ...args))[0], 2, args.join(' '));
  const [status, printed] = await run('invite', '--patient', 'p1', '--name', 'Ida', '--days', '90');
  assert.equal(status, 0);
  const [code = ''] = /(\w{4}-){4}\w{4}/.exec(printed) ?? [];
  const { rows } = await pool.query<{ text: string }>('select records::text as text from audit_segment');
  const log = rows.map(({ text }) => text).join();
  assert.match(log, /identity-linked.*an invitation was made/);
  assert.ok(code !== '' && !log.includes(code));
  const elsewhere = { issuer: 'https://id.example', subject: 's', provider: 'id', multiFactor: false, amr: [] };
  const redeem = () =>
    redeemInvitation(
      { pool, now: () => new Date(), birthDateOf: async () => '1984-02-11', note: async () => {} },
      { code, birthDate: '1984-02-11' },
      elsewhere,
    );
  assert.equal((await redeem()).kind, 'proofed');
  assert.equal((await redeem()).kind, 'refused');

  const { sub } = await createPeople(pool).add({ username: 'ana', password: 'correct horse battery', name: 'Ana' });
  await pool.query(`insert into totp values ($1, '\\x00', now(), now(), 0)`, [sub]);
  await pool.query(`insert into recovery_code values ($1, '\\x00', now())`, [sub]);
  assert.equal((await run('set', 'ana', '--second-factor', 'on'))[0], 2);
  assert.deepEqual(await run('set', 'ana', '--second-factor', 'off'), [0, 'ana: second-factor off.']);
  assert.equal((await pool.query('select from totp')).rowCount, 0);
  assert.equal((await pool.query('select from recovery_code')).rowCount, 0);
  const later = await pool.query<{ text: string }>('select records::text as text from audit_segment');
  assert.match(later.rows.map(({ text }) => text).join(), /"credential-changed"/);
});

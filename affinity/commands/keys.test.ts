/** The keys of the issuer from the command line, on a database that is there. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keyUses, makeMissingKeys, readKeys } from '@affinity/authorization-server/key-schedule.ts';
import { testDatabase } from '@affinity/store/testing/database.ts';
import { findCommand } from '../command-line.ts';
import { readConfig } from '../config.ts';

test('F10: keys are shown, changed in time, or replaced at once where that is said, each on record', async (t) => {
  const { pool, url } = await testDatabase(t);
  const read = readConfig({ DATABASE_URL: url, AFFINITY_DEMO: 'off' }, '/nonexistent');
  assert.equal(read.kind, 'config');
  const { config } = read as Extract<typeof read, { kind: 'config' }>;
  const run = async (...args: readonly string[]): Promise<readonly [code: number | undefined, printed: string]> => {
    const printed: string[] = [];
    const code = await findCommand('keys')?.run({ config, args, log: () => {}, print: (text) => printed.push(text) });
    return [code, printed.join('\n')];
  };
  const states = async () => (await readKeys(pool)).map(({ use, state }) => `${use} ${state}`).sort();
  assert.match((await run())[1], /No key was made yet/);
  await makeMissingKeys(pool);
  for (const args of [['rotate', '--use', 'form-seal'], ['rotate', '--now'], ['burn'], ['list', '--now'], ['--x']])
    assert.equal((await run(...args))[0], 2, args.join(' '));
  assert.deepEqual(await states(), keyUses.map((use) => `${use} active`).sort());

  assert.deepEqual((await run('rotate', '--use', 'id-token'))[0], 0);
  const [code, printed] = await run('rotate');
  assert.equal(code, 1, 'one of them was on its way already');
  assert.match(printed, /id-token: \S+ is on its way already/);
  assert.deepEqual(await states(), keyUses.flatMap((use) => [`${use} active`, `${use} next`]).sort());
  const replaced = await run('rotate', '--use', 'access-token', '--now');
  assert.deepEqual([replaced[0], /2 taken out/.test(replaced[1])], [0, true]);
  const listed = (await run('list'))[1];
  assert.match(listed, /withdrawn {2}access-token/);
  for (const { kid, privateJwk } of await readKeys(pool)) {
    assert.ok(listed.includes(kid));
    assert.ok(privateJwk?.d === undefined || !listed.includes(privateJwk.d), 'what is private is not shown');
  }
  const { rows } = await pool.query<{ text: string }>('select records::text as text from audit_segment');
  const reasons = rows.flatMap(({ text }) =>
    [...text.matchAll(/"key-rotated".*?"reason":"([^"]*)"/g)].map(([, x]) => x),
  );
  assert.equal(reasons.length, 5);
  assert.ok(reasons.includes('access-token: replaced at once'));
});

/** Links from the command line: made once, recorded, and taken back. IHE PIXm. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { findAllLinked } from '@affinity/authorization-server/cross-reference.ts';
import { testDatabase } from '@affinity/store/testing/database.ts';
import { findCommand } from '../command-line.ts';
import { readConfig } from '../config.ts';

const yaml = `resource_servers:
  - { name: hospital, kind: fhir, path: /hospital/fhir, title: Hospital, url: 'https://ehr.example/fhir' }
`;

test('the hospital of the demonstration is a server by its name', async (t) => {
  const { url } = await testDatabase(t);
  const read = readConfig({ DATABASE_URL: url }, '/nonexistent');
  assert.ok(read.kind === 'config');
  const args = ['link', 'p1', '--server', 'hospital', 'h1'];
  const said: string[] = [];
  const input = { config: read.config, args, log: () => {}, print: (text: string) => said.push(text) };
  assert.equal(await findCommand('patients')?.run(input), 0, said.join());
});

test('C31: a patient and a practitioner are linked once, nobody has the id of somebody else, and it is on record', async (t) => {
  const { pool, url } = await testDatabase(t);
  const directory = mkdtempSync(join(tmpdir(), 'affinity-links-'));
  t.after(() => rmSync(directory, { recursive: true }));
  writeFileSync(join(directory, 'affinity.yaml'), yaml);
  const read = readConfig({ DATABASE_URL: url, AFFINITY_DEMO: 'off' }, directory);
  assert.ok(read.kind === 'config');
  const { config } = read;
  const run = async (name: string, ...args: readonly string[]): Promise<readonly [code: number, printed: string]> => {
    const printed: string[] = [];
    const code = await findCommand(name)?.run({ config, args, log: () => {}, print: (text) => printed.push(text) });
    return [code ?? assert.fail(), printed.join('\n')];
  };
  for (const args of [
    ['link'],
    ['link', 'p1', 'h1'],
    ['link', 'p1', '--server', 'hospital'],
    ['link', 'p 1', '--server', 'hospital', 'h1'],
    ['link', 'p1', '--server', 'elsewhere', 'h1'],
    ['unlink', 'p1', '--server', 'hospital', 'h1'],
    ['list', '--limit', '0'],
    ['frobnicate'],
  ])
    assert.equal((await run('patients', ...args))[0], 2, args.join(' '));
  const server = ['--server', 'hospital'];
  const at = async (type: 'Patient' | 'Practitioner', ids: readonly string[]) =>
    Object.fromEntries(await findAllLinked(pool, type, `${config.origin}/hospital/fhir`, 'home', ids));
  assert.equal((await run('patients', 'link', 'p1', ...server, 'h1'))[0], 0);
  assert.match((await run('patients', 'link', 'p1', ...server, 'h1'))[1], /so already/);
  assert.equal((await run('patients', 'link', 'p1', ...server, 'h2'))[0], 1);
  assert.equal((await run('patients', 'link', 'p2', ...server, 'h1'))[0], 1);
  assert.equal((await run('practitioners', 'link', 'p1', ...server, 'd9'))[0], 0);
  assert.deepEqual(await at('Patient', ['p1', 'p2']), { p1: 'h1' });
  assert.deepEqual(await at('Practitioner', ['p1']), { p1: 'd9' });
  assert.match((await run('patients', 'list', ...server))[1], /^Patient\/p1 {2}hospital {2}Patient\/h1$/);
  assert.equal((await run('patients', 'unlink', 'p1', ...server))[0], 0);
  assert.match((await run('patients', 'unlink', 'p1', ...server))[1], /Nothing was changed/);
  assert.deepEqual(await at('Patient', ['p1']), {});
  const { rows } = await pool.query<{ text: string }>('select records::text as text from audit_segment');
  const log = rows.map(({ text }) => text).join();
  assert.match(log, /identity-linked[^}]*\/hospital\/fhir\/Patient\/h1/);
  assert.match(log, /is nobody known at/);
});

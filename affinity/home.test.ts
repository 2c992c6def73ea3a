/** A domain in front of an existing server and a demonstration never share a database. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createBackend } from '@affinity/store/backend.ts';
import { testDatabase } from '@affinity/store/testing/database.ts';
import { findCommand } from './command-line.ts';
import { readConfig } from './config.ts';
import { remember } from './demo/begun.ts';
import { openHome } from './home.ts';

const configOf = (protect?: object) => {
  const read = readConfig({}, '/nonexistent', protect);
  assert.ok(read.kind === 'config');
  return read.config;
};
const protecting = configOf({ url: 'http://127.0.0.1:9/fhir' });

for (const first of ['demonstration', 'protect'] as const) {
  test(`a place that was first for ${first} is not for the other: sample people have passwords that everybody knows`, async (t) => {
    const { pool, url } = await testDatabase(t);
    const base = 'http://localhost:4000/fhir';
    const store = createBackend({ pool, ownBases: [base] });
    const open = async (config: ReturnType<typeof configOf>): Promise<void> => {
      await (await openHome(store, config, base, { pool, report: () => {} })).upstream?.close();
    };
    if (first === 'demonstration') {
      await open(configOf());
      await remember(pool, 'demonstration-begun', { seed: 1, today: '2026-05-01', patients: 4 });
      await open(configOf());
      await assert.rejects(open(protecting), /holds a demonstration/);
    } else {
      await open(protecting);
      await open(protecting);
      await assert.rejects(open(configOf()), /in front of an existing server/);
      for (const [name, ...args] of [
        ['import', '--synthetic', '1'],
        ['explain', '--client', 'x', 'GET', '/fhir/Patient'],
      ]) {
        const read = readConfig({ DATABASE_URL: url, AFFINITY_DEMO: 'off' }, '/nonexistent');
        assert.ok(read.kind === 'config');
        const said: string[] = [];
        const input = { config: read.config, args, log: () => {}, print: (text: string) => said.push(text) };
        assert.equal(await findCommand(name ?? '')?.run(input), 1);
        assert.match(said.join(), /an existing server/);
      }
    }
  });
}

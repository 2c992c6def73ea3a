/** Proofs from the command line, and proxies who rest on a RelatedPerson of the record. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPeople } from '@affinity/authorization-server/people.ts';
import { everything } from '@affinity/core/fhir/filter.ts';
import { holdsAt } from '@affinity/resource-server/facts/period.ts';
import { createBackend } from '@affinity/store/backend.ts';
import { testDatabase } from '@affinity/store/testing/database.ts';
import { findCommand } from '../command-line.ts';
import { readConfig } from '../config.ts';

const base = 'http://localhost:4000/fhir';

test('K43: a sign-in is tied to a Patient from the command line, recorded with who, how and why, and untied', async (t) => {
  const { pool, url } = await testDatabase(t);
  const read = readConfig({ DATABASE_URL: url, AFFINITY_DEMO: 'off' }, '/nonexistent');
  assert.ok(read.kind === 'config');
  const run = async (...args: readonly string[]): Promise<readonly [code: number, printed: string]> => {
    const printed: string[] = [];
    const { config } = read;
    const code = await findCommand('people')?.run({ config, args, log: () => {}, print: (text) => printed.push(text) });
    return [code ?? assert.fail(), printed.join('\n')];
  };
  const people = createPeople(pool);
  const { sub } = await people.add({ username: 'ana', password: 'correct horse battery', name: 'Ana' });
  await people.add({ username: 'bea', password: 'correct horse battery', name: 'Bea' });
  const proof = ['--evidence', 'identity-document', '--by', 'Petra'];
  for (const args of [
    ['ana', '--patient', 'p1'],
    ['ana', '--patient', 'p1', '--evidence', 'hearsay', '--by', 'Petra'],
    ['ana', '--patient', 'p1', '--evidence', 'identity-document'],
    ['ana', '--patient', 'p 1', ...proof],
    ['ana', '--patient', 'p1', '--practitioner', 'd1', ...proof],
    ['ana', '--patient', 'p1', '--until', '2030', ...proof],
    ['ana', '--acts-for', 'p1=self', ...proof],
    ['ana', '--acts-for', 'p1=child', '--from', '2031', '--until', '2030', ...proof],
    ['ana', '--acts-for', 'p1=child', '--until', 'never', ...proof],
    ['ana', '--end', '--by', 'Petra'],
    ['--patient', 'p1', ...proof],
  ])
    assert.equal((await run('prove', ...args))[0], 2, args.join(' '));
  assert.deepEqual(await run('prove', 'ana', '--patient', 'p1', ...proof), [0, 'Ana is Patient/p1.']);
  assert.equal((await run('prove', 'bea', '--patient', 'p1', ...proof))[0], 1);
  assert.equal((await run('prove', 'nobody', '--patient', 'p1', ...proof))[0], 1);
  assert.equal((await run('prove', 'ana', '--acts-for', 'p2=child', '--until', '2030-01-31', ...proof))[0], 0);
  assert.deepEqual((await people.patientsOf(sub, new Date('2030-01-31T23:59:59Z'))).length, 2);
  assert.deepEqual((await people.patientsOf(sub, new Date('2030-02-01T00:00:00Z'))).length, 1);
  assert.equal((await run('prove', 'ana', '--end', '--by', 'Petra', '--reason', 'the wrong Ana'))[0], 0);
  assert.equal((await run('prove', 'ana', '--end', '--by', 'Petra', '--reason', 'again'))[0], 1);
  const [, shown] = await run('proofs', 'ana');
  assert.match(
    shown,
    /identity Patient\/p1 {2}proved by Petra, on the evidence identity-document; ended .*the wrong Ana/,
  );
  const { rows } = await pool.query<{ text: string }>('select records::text as text from audit_segment');
  const log = rows.map(({ text }) => text).join();
  assert.match(log, /identity-linked[^}]*Patient\/p1[^}]*proved by Petra, on the evidence identity-document/);
  assert.match(log, /identity-linked[^}]*ended by Petra/);
});

test('K43: a proxy acts while the RelatedPerson of the record says so, from its beginning to its end', async (t) => {
  const { pool } = await testDatabase(t);
  const store = createBackend({ pool, ownBases: [base] });
  const people = createPeople(pool);
  const patients = [{ patient: 'p2', relation: 'child', relatedPerson: 'r1' }];
  const { sub } = await people.add({ username: 'carla', password: 'correct horse', name: 'Carla', patients });
  const acts = async (at: string) => (await people.patientsOf(sub, new Date(at))).length === 1;
  const now = '2026-05-03T10:00:00Z';
  assert.equal(await acts(now), false, 'nobody of that id');
  const content = (extra: object, patient = 'p2') => {
    const resource = {
      resourceType: 'RelatedPerson',
      id: 'r1',
      patient: { reference: `Patient/${patient}` },
      ...extra,
    };
    return { resource, json: JSON.stringify(resource) };
  };
  const at = { type: 'RelatedPerson', id: 'r1' };
  await store.create({ ...at, content: content({}) });
  assert.equal(await acts(now), true);
  const say = (extra: object, patient?: string) =>
    store.update({ ...at, content: content(extra, patient) }, everything);

  await say({ active: false });
  assert.equal(await acts(now), false);
  await say({ active: true }, 'p3');
  assert.equal(await acts(now), false, 'of another patient');
  const bounds = [
    '2026',
    '2026-05',
    '2026-05-03',
    '2026-05-03T10:00:00Z',
    '2026-05-03T12:30:00.5+02:00',
    '2026-13',
    'soon',
  ];
  const moments = bounds.flatMap((text) => {
    const time = Date.parse(text);
    return Number.isNaN(time) ? [] : [time - 1, time, time + 999, time + 1000, time + 86_400_000];
  });
  moments.push(...['2026-06-01', '2027-01-01'].flatMap((text) => [Date.parse(text) - 1, Date.parse(text)]));
  let held = 0;
  for (const period of [...bounds.map((start) => ({ start })), ...bounds.map((end) => ({ end })), 'x']) {
    await say({ period });
    for (const time of moments) {
      const holds = holdsAt(period, time);
      if (holds) held += 1;
      const said = JSON.stringify([period, new Date(time)]);
      assert.equal(await acts(new Date(time).toISOString()), holds, said);
    }
  }
  assert.ok(held > 100);
  await say({});
  assert.equal(await acts(now), true);
  await store.delete(at, everything);
  assert.equal(await acts(now), false, 'it was taken away');
});

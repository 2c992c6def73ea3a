/** The alert queue and the privileges of people from the command line, on a database that is there. */
import assert from 'node:assert/strict';
import { randomUUIDv7 } from 'node:crypto';
import { test } from 'node:test';
import { createPeople } from '@affinity/authorization-server/people.ts';
import { openAlerts, raiseAlert } from '@affinity/store/alerts.ts';
import { createAuditLog } from '@affinity/store/audit-log.ts';
import { testDatabase } from '@affinity/store/testing/database.ts';
import { findCommand } from '../command-line.ts';
import { readConfig } from '../config.ts';

const commandsOn = async (t: { after(work: () => Promise<void>): void }) => {
  const { pool, url } = await testDatabase(t);
  const read = readConfig({ DATABASE_URL: url, AFFINITY_DEMO: 'off' }, '/nonexistent');
  assert.equal(read.kind, 'config');
  const { config } = read as Extract<typeof read, { kind: 'config' }>;
  const run = async (name: string, ...args: readonly string[]): Promise<readonly [code: number, printed: string]> => {
    const printed: string[] = [];
    const code = await findCommand(name)?.run({ config, args, log: () => {}, print: (text) => printed.push(text) });
    return [code ?? assert.fail(), printed.join('\n')];
  };
  const recorded = async (event: string): Promise<readonly Record<string, unknown>[]> => {
    const { rows } = await pool.query<{ text: string }>(
      'select records::text as text from audit_segment order by written',
    );
    return rows
      .flatMap(({ text }) => text.split('\n'))
      .filter((line) => line.includes(`"${event}"`))
      .map((line) => JSON.parse(line));
  };
  return { pool, run, recorded };
};

test('E74: alerts are listed, and acknowledged once, with a name and a note, which is recorded', async (t) => {
  const { pool, run, recorded } = await commandsOn(t);
  assert.deepEqual(await run('alerts'), [0, 'Nothing waits to be looked at.']);
  const at = new Date('2026-05-03T09:00:00Z');
  const id = await raiseAlert(pool, { kind: 'emergency-access', key: 'grant-1', at, patient: 'p1', person: 'sub-1' });
  const [, listed] = await run('alerts', 'list');
  for (const part of [id, 'emergency-access', '2026-05-03T09:00:00.000Z', 'patient: p1', 'person: sub-1'])
    assert.ok(listed.includes(part), `${part} in ${listed}`);
  for (const args of [
    ['acknowledge'],
    ['acknowledge', id],
    ['acknowledge', id, '--by', 'Officer'],
    ['acknowledge', id, '--by', ' ', '--note', 'x'],
    ['acknowledge', id, '--by', 'Officer', '--note', 'x'.repeat(1001)],
    ['list', '--limit', '0'],
    ['burn'],
  ])
    assert.equal((await run('alerts', ...args))[0], 2, args.join(' '));
  assert.equal((await openAlerts(pool, 1)).open, 1);
  const done = ['acknowledge', id, '--by', 'Privacy officer', '--note', 'Resuscitation, in order.'];
  assert.equal((await run('alerts', ...done))[0], 0);
  const again = await run('alerts', ...done);
  assert.deepEqual([again[0], /Privacy officer looked at it before/.test(again[1])], [1, true]);
  assert.equal((await run('alerts', 'acknowledge', 'x', '--by', 'a', '--note', 'b'))[0], 1);
  const records = await recorded('alert-acknowledged');
  assert.equal(records.length, 1);
  assert.deepEqual(
    [records[0]?.outcome, records[0]?.patient, records[0]?.reason],
    ['permitted', 'p1', 'emergency-access grant-1: Privacy officer: Resuscitation, in order.'],
  );
  assert.equal((await run('alerts'))[1], 'Nothing waits to be looked at.');
});

test('E74: whoever has to look into an emergency reads who declared it and why, which is recorded', async (t) => {
  const { pool, run, recorded } = await commandsOn(t);
  const { sub } = await createPeople(pool).add({ username: 'okafor', password: 'correct horse', name: 'Dr. Okafor' });
  const audit = createAuditLog({ pool });
  const grant = '84dbbca6-7d1c-4290-bfc3-1fdae69c84c1';
  const at = new Date();
  const said = { recorded: at.toISOString(), source: 'authorization-server', event: 'emergency-access' } as const;
  await audit.append({ ...said, id: randomUUIDv7(), outcome: 'permitted', grant, reason: 'Unconscious after a fall' });
  await audit.append({ ...said, id: randomUUIDv7(), outcome: 'permitted', grant: 'other', reason: 'Another one' });
  await raiseAlert(pool, { kind: 'emergency-access', key: grant, at, patient: 'p1', person: sub });
  await raiseAlert(pool, { kind: 'emergency-access', key: 'long-ago', at: new Date(0), person: 'closed' });
  const [code, listed] = await run('alerts');
  assert.equal(code, 0);
  for (const part of [
    `about: Consent/grant-${grant}`,
    `person: Dr. Okafor (${sub})`,
    'reason: Unconscious after a fall',
    'about: Consent/grant-long-ago',
    'person: closed',
  ])
    assert.ok(listed.includes(part), `${part} in ${listed}`);
  assert.doesNotMatch(listed, /Another one/);
  const [shown, ...others] = await recorded('alerts-shown');
  assert.deepEqual([shown?.source, shown?.outcome, others.length], ['command-line', 'permitted', 0]);
});

test('E74, J08: privileges are given and taken back, each recorded; what is not understood changes nothing', async (t) => {
  const { pool, run, recorded } = await commandsOn(t);
  const people = createPeople(pool);
  const { sub } = await people.add({
    username: 'okafor',
    password: 'correct horse',
    name: 'O',
    fhirUser: 'Practitioner/o',
  });
  assert.deepEqual(await run('people', 'set', 'okafor', '--emergency', 'on', '--relabel', 'on'), [
    0,
    'okafor: emergency on, relabel on.',
  ]);
  assert.deepEqual([await people.mayDeclareEmergency(sub), await people.mayRelabel(sub)], [true, true]);
  for (const args of [
    ['okafor'],
    ['okafor', '--emergency'],
    ['okafor', '--emergency', 'yes'],
    ['okafor', '--password', 'x'],
    ['--emergency', 'off'],
  ])
    assert.equal((await run('people', 'set', ...args))[0], 2, args.join(' '));
  assert.equal((await run('people', 'set', 'nobody', '--emergency', 'on'))[0], 1);
  assert.equal(await people.mayDeclareEmergency(sub), true);
  await run('people', 'set', 'OKAFOR', '--disabled', 'on');
  assert.equal(await people.find(sub), undefined);
  assert.deepEqual(
    (await recorded('role-changed')).map(({ user, reason }) => [user, reason]),
    [
      [sub, 'emergency on, relabel on'],
      [sub, 'disabled on'],
    ],
  );
});

test('E74: somebody who may declare an emergency is a practitioner from the start', async (t) => {
  const { run } = await commandsOn(t);
  for (const args of [
    ['--emergency'],
    ['--emergency', '--patient', 'p1'],
    ['--practitioner', 'a b'],
    ['--practitioner', 'd1', '--patient', 'p1'],
  ])
    assert.equal((await run('people', 'add', 'doctor', '--name', 'Doctor', ...args))[0], 2, args.join(' '));
});

/** AuditEvents out of the audit log: each once, in its patient's record, after any crash, and only what the log says. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { auditEventsOf, ownTag } from '@affinity/core/balp/audit-event-resources.ts';
import type { AuditRecord } from '@affinity/core/fhir/audit-event.ts';
import { everything } from '@affinity/core/fhir/filter.ts';
import type pg from 'pg';
import { checkAuditEvents } from './audit-events-check.ts';
import { createAuditFilling } from './audit-filling.ts';
import { createAuditLog } from './audit-log.ts';
import { createBackend } from './backend.ts';
import { testDatabase } from './testing/database.ts';

const ownBases = ['http://localhost:4000/fhir'];
const record = (number: number, more: Partial<AuditRecord> = {}): AuditRecord => ({
  id: `0192f0c1-7f00-7000-8000-${String(number).padStart(12, '0')}`,
  recorded: new Date(Date.UTC(2026, 0, 2, 3, 4, 5, number)).toISOString(),
  source: 'clinic',
  event: 'read',
  outcome: 'permitted',
  status: 200,
  client: 'app',
  user: 'u',
  issuer: 'http://localhost:4000/auth',
  target: `Observation/${number}/_history/1`,
  patients: [`p${number % 3}`],
  base: 'http://localhost:4000/fhir',
  ...more,
});
const fillingOf = (pool: pg.Pool, told: string[] = [], more = {}) =>
  createAuditFilling({ pool, ownBases, log: (event) => told.push(event), ...more });
const idsIn = async (pool: pg.Pool): Promise<readonly string[]> =>
  (await pool.query("select id from resource where type = 'AuditEvent' order by id")).rows.map(({ id }) => id);
const idsOf = (records: readonly AuditRecord[]): readonly string[] =>
  records.flatMap((each) => auditEventsOf(each).map(({ id }) => id)).sort();
const whole = { percent: 100 };

test('J01: what the log has becomes AuditEvents, each in the record of its patient, and once', async (t) => {
  const { pool } = await testDatabase(t);
  const log = createAuditLog({ pool });
  const records = Array.from({ length: 40 }, (_, number) => record(number));
  const several = record(40, { event: 'search-type', target: 'Observation', query: 'code=1', patients: ['p0', 'p1'] });
  await Promise.all([...records, several].map((each) => log.append(each)));
  const filling = fillingOf(pool, [], { recordsAtOnce: 7 });
  assert.ok((await filling.catchUp()) > 0);
  assert.equal(await filling.catchUp(), 0, 'nothing is left');
  assert.deepEqual(await idsIn(pool), idsOf([...records, several]));
  const backend = createBackend({ pool, ownBases });
  const own = await backend.read({ type: 'AuditEvent', id: `${several.id}.1` }, { kind: 'compartment', patient: 'p0' });
  assert.equal(own.kind, 'found');
  const foreign = await backend.read(
    { type: 'AuditEvent', id: `${several.id}.1` },
    { kind: 'compartment', patient: 'p1' },
  );
  assert.equal(foreign.kind, 'absent');
  const withoutPatient = await backend.read(
    { type: 'AuditEvent', id: several.id },
    { kind: 'compartment', patient: 'p0' },
  );
  assert.equal(withoutPatient.kind, 'absent');
  assert.equal((await backend.read({ type: 'AuditEvent', id: several.id }, everything)).kind, 'found');
  const report = await checkAuditEvents(pool, whole);
  assert.deepEqual([report.events, report.faultCount, report.waiting], [43, 0, 0]);
});

test('J13: filling again, from the beginning, makes nothing twice', async (t) => {
  const { pool } = await testDatabase(t);
  const log = createAuditLog({ pool });
  await Promise.all(Array.from({ length: 20 }, (_, number) => log.append(record(number))));
  await fillingOf(pool).catchUp();
  await pool.query('delete from audit_filled');
  await fillingOf(pool).catchUp();
  const { rows } = await pool.query("select version, count(*)::int from resource where type = 'AuditEvent' group by 1");
  assert.deepEqual(rows, [{ version: 1, count: 20 }]);
  assert.equal((await checkAuditEvents(pool, whole)).faultCount, 0);
});

test('two processes fill one log together', async (t) => {
  const { pool } = await testDatabase(t);
  for (let chain = 0; chain < 3; chain += 1) {
    const log = createAuditLog({ pool, segmentLimit: 5 });
    await Promise.all(Array.from({ length: 30 }, (_, number) => log.append(record(chain * 100 + number))));
  }
  const fillings = [fillingOf(pool, [], { recordsAtOnce: 5 }), fillingOf(pool, [], { recordsAtOnce: 5 })];
  await Promise.all(fillings.map((filling) => filling.catchUp()));
  await fillings[0]?.catchUp();
  assert.equal((await idsIn(pool)).length, 90);
  assert.equal((await checkAuditEvents(pool, whole)).faultCount, 0);
});

test('a record that cannot be understood holds nothing up', async (t) => {
  const { pool } = await testDatabase(t);
  const log = createAuditLog({ pool });
  await log.append(record(1));
  await pool.query(`alter table audit_segment disable trigger user`);
  await pool.query(`update audit_segment set records = records || E'\\nno json\\n{"id":"x"}', count = 3`);
  await log.append(record(2));
  const told: string[] = [];
  await fillingOf(pool, told).catchUp();
  assert.deepEqual(
    (await idsIn(pool)).filter((id) => id !== 'x'),
    idsOf([record(1), record(2)]),
  );
  assert.deepEqual(new Set(told), new Set(['audit-record-not-understood']));
});

test('while it runs, what is recorded can be searched for soon, and it ends when told', async (t) => {
  const { pool } = await testDatabase(t);
  const log = createAuditLog({ pool });
  const filling = fillingOf(pool, [], { pollMs: 20, share: 1 });
  filling.start();
  t.after(() => filling.close());
  for (let number = 0; number < 5; number += 1) {
    await log.append(record(number));
    while (!(await idsIn(pool)).includes(`${record(number).id}.1`)) await sleep(10);
  }
  await filling.close();
  await log.append(record(9));
  await sleep(100);
  assert.equal((await idsIn(pool)).length, 5);
});

test('an outage is waited out', async (t) => {
  const { pool } = await testDatabase(t);
  await createAuditLog({ pool }).append(record(1));
  await pool.query('alter table audit_filled rename to away');
  const told: string[] = [];
  const filling = fillingOf(pool, told, { pollMs: 10 });
  filling.start();
  t.after(() => filling.close());
  while (told.length === 0) await sleep(10);
  assert.equal(told[0], 'audit-events-not-filled');
  await pool.query('alter table away rename to audit_filled');
  while ((await idsIn(pool)).length === 0) await sleep(10);
});

/** Fills in a process of its own, one segment a transaction, until it is killed or done. */
const fillElsewhere = (url: string): ChildProcess =>
  spawn(
    process.execPath,
    [
      '--input-type=module',
      '--eval',
      `import { createAuditFilling } from ${JSON.stringify(join(import.meta.dirname, 'audit-filling.ts'))};
       import { createPool } from ${JSON.stringify(join(import.meta.dirname, 'postgres/pool.ts'))};
       const pool = createPool({ url: ${JSON.stringify(url)}, onError: () => {} });
       const filling = createAuditFilling({ pool, ownBases: ${JSON.stringify(ownBases)}, recordsAtOnce: 1, log: () => {} });
       console.log('begun');
       await filling.catchUp();
       process.exit(0);`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'], cwd: import.meta.dirname },
  );

test('J13: killed in the middle, again and again: nothing is lost, nothing is there twice', async (t) => {
  const { pool, url } = await testDatabase(t);
  const log = createAuditLog({ pool, segmentLimit: 1 });
  const records = Array.from({ length: 1500 }, (_, number) => record(number));
  await Promise.all(records.map((each) => log.append(each)));
  let interrupted = 0;
  for (let round = 0; round < 6; round += 1) {
    const child = fillElsewhere(url);
    const ended = new Promise<NodeJS.Signals | null>((done) => child.once('exit', (_code, signal) => done(signal)));
    await new Promise((begun) => child.stdout?.once('data', begun));
    const before = (await idsIn(pool)).length;
    while (child.exitCode === null && (await idsIn(pool)).length < before + 40) await sleep(5);
    child.kill('SIGKILL');
    if ((await ended) === 'SIGKILL') interrupted += 1;
  }
  assert.ok(interrupted > 0, 'no process was killed in the middle');
  // What a killed process left behind is rolled back when its connection is found to be gone.
  while ((await fillingOf(pool).catchUp()) > 0 || (await idsIn(pool)).length < records.length) await sleep(20);
  assert.deepEqual(await idsIn(pool), idsOf(records));
  const report = await checkAuditEvents(pool, whole);
  assert.deepEqual([report.events, report.faultCount, report.waiting], [1500, 0, 0]);
});

const forgeries: readonly (readonly [what: string, statement: string, why: string])[] = [
  ['a changed AuditEvent', `update resource set body = replace(body, '"R"', '"C"') where id like '%1.1'`, 'changed'],
  ['a removed AuditEvent', `delete from resource where id like '%1.1'`, 'absent'],
  [
    'an AuditEvent that the log does not know',
    `insert into resource select rid + 1, last_updated, occurred, occurred_end, version, confidentiality, deleted, method, type,
       'forged', owner, patients, terms, body from resource where id like '%1.1'`,
    'invented',
  ],
];
for (const [what, statement, why] of forgeries) {
  test(`J13: found when held against the log: ${what}`, async (t) => {
    const { pool } = await testDatabase(t);
    const log = createAuditLog({ pool });
    for (let number = 0; number < 3; number += 1) await log.append(record(number));
    await fillingOf(pool).catchUp();
    await pool.query(statement);
    const { faults } = await checkAuditEvents(pool, whole);
    assert.deepEqual(
      faults.map((fault) => fault.why),
      [why],
    );
  });
}

test('J15: what somebody else sent is not held against the log', async (t) => {
  const { pool } = await testDatabase(t);
  const backend = createBackend({ pool, ownBases });
  const resource = {
    resourceType: 'AuditEvent',
    type: { code: 'rest' },
    recorded: '2026-01-01T00:00:00Z',
    agent: [{ requestor: true }],
    source: { observer: { display: ownTag.system } },
  };
  const content = { resource, json: JSON.stringify(resource) };
  assert.equal((await backend.create({ type: 'AuditEvent', id: 'theirs', content })).kind, 'created');
  assert.deepEqual((await checkAuditEvents(pool, whole)).faults, []);
});

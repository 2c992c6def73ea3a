/** The audit log: durable before it says so, shared by writers, refused when it cannot be, and every change is seen. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AuditRecord } from '@affinity/core/fhir/audit-event.ts';
import pg from 'pg';
import { AuditUnavailable, createAuditLog, readChainHeads } from './audit-log.ts';
import { type AuditRange, readAuditRecords, verifyAuditLog } from './audit-reader.ts';
import { createPool } from './postgres/pool.ts';
import { testDatabase } from './testing/database.ts';

const record = (id: string): AuditRecord => ({
  id,
  recorded: '2026-01-02T03:04:05.006Z',
  source: 'clinic',
  event: 'read',
  outcome: 'permitted',
  target: `Observation/${id}`,
  query: 'name=Ng\n"quoted" \\ é',
});
const recordsOf = async (pool: pg.Pool, range: AuditRange = {}): Promise<readonly AuditRecord[]> => {
  const records: AuditRecord[] = [];
  for await (const one of readAuditRecords(pool, range)) records.push(one);
  return records;
};
const readAll = async (pool: pg.Pool, range: AuditRange = {}) => (await recordsOf(pool, range)).map(({ id }) => id);

/** Does what only someone who owns the table can: takes the trigger away first. */
const tamper = async (pool: pg.Pool, statement: string): Promise<void> => {
  await pool.query(
    `alter table audit_segment disable trigger user; ${statement}; alter table audit_segment enable trigger user`,
  );
};

/** A log with one chain of `count` segments of one record each. */
const chainOf = async (pool: pg.Pool, count: number, prefix = 'r') => {
  const log = createAuditLog({ pool });
  for (let index = 1; index <= count; index += 1) await log.append(record(`${prefix}${index}`));
  return log;
};

test('a record is in the table, for another connection, when append resolves', async (t) => {
  const { pool, url } = await testDatabase(t);
  await createAuditLog({ pool }).append(record('r1'));
  const other = new pg.Client({ connectionString: url });
  await other.connect();
  const { rows } = await other.query('select records from audit_segment');
  await other.end();
  assert.deepEqual(
    rows.map(({ records }) => JSON.parse(records)),
    [record('r1')],
  );
  assert.deepEqual(await recordsOf(pool), [record('r1')]);
});

test('those who wait share a segment, and each segment keeps its limit', async (t) => {
  const { pool } = await testDatabase(t);
  const log = createAuditLog({ pool, segmentLimit: 40 });
  const names = Array.from({ length: 100 }, (_, index) => `r${index}`);
  await Promise.all(names.map((name) => log.append(record(name))));
  assert.deepEqual(await readAll(pool), names);
  const { rows } = await pool.query('select count from audit_segment order by sequence');
  assert.deepEqual(
    rows.map(({ count }) => count),
    [40, 40, 20],
  );
});

test('two writers at once: both chains are whole and no record is missing', async (t) => {
  const { pool, url } = await testDatabase(t);
  const second = createPool({ url, onError: () => {} });
  t.after(() => second.end());
  const logs = [createAuditLog({ pool, segmentLimit: 5 }), createAuditLog({ pool: second, segmentLimit: 5 })];
  const names = Array.from({ length: 200 }, (_, index) => `r${String(index).padStart(3, '0')}`);
  await Promise.all(names.map((name, index) => logs[index % 2]?.append(record(name))));
  assert.deepEqual((await readAll(pool)).sort(), names);
  const verdict = await verifyAuditLog(pool);
  assert.equal(verdict.kind === 'intact' && verdict.records, 200);
  assert.equal((await readChainHeads(pool)).length, 2);
});

test('reading goes page by page and within a range', async (t) => {
  const { pool } = await testDatabase(t);
  await chainOf(pool, 450);
  assert.equal((await readAll(pool)).length, 450);
  assert.deepEqual(await readAll(pool, { matches: ({ id }) => id === 'r300' }), ['r300']);
  assert.deepEqual(await readAll(pool, { until: new Date(0) }), []);
  assert.deepEqual(await readAll(pool, { since: new Date(Date.now() + 60_000) }), []);
  assert.deepEqual(await verifyAuditLog(pool), { kind: 'intact', segments: 450, records: 450 });
});

test('an empty log is intact', async (t) => {
  const { pool } = await testDatabase(t);
  assert.deepEqual(await verifyAuditLog(pool), { kind: 'intact', segments: 0, records: 0 });
});

for (const statement of ['update audit_segment set count = 2', 'delete from audit_segment', 'truncate audit_segment']) {
  test(`the database refuses: ${statement}`, async (t) => {
    const { pool } = await testDatabase(t);
    await chainOf(pool, 1);
    await assert.rejects(pool.query(statement), { code: '42501' });
    assert.equal((await verifyAuditLog(pool)).kind, 'intact');
  });
}

const tampering: readonly (readonly [string, string, number, string])[] = [
  [
    'a changed record',
    `update audit_segment set records = replace(records, 'permitted', 'denied') where sequence = 3`,
    3,
    'changed',
  ],
  ['a changed hash', `update audit_segment set hash = sha256('x') where sequence = 3`, 3, 'changed'],
  ['a removed segment', 'delete from audit_segment where sequence = 3', 4, 'missing'],
  ['a removed first segment', 'delete from audit_segment where sequence = 1', 2, 'missing'],
  [
    'two segments in each other\u2019s place',
    `update audit_segment set sequence = sequence + 100 where sequence in (2, 3);
     update audit_segment set sequence = 105 - sequence where sequence > 100`,
    2,
    'out-of-order',
  ],
  [
    'a segment put in between',
    `update audit_segment set sequence = sequence + 100 where sequence > 2;
     update audit_segment set sequence = sequence - 99 where sequence > 100;
     insert into audit_segment select writer, 3, written, count, hash, links, records, sha256('x') from audit_segment where sequence = 2`,
    3,
    'changed',
  ],
];
for (const [what, statement, sequence, why] of tampering) {
  test(`seen: ${what}`, async (t) => {
    const { pool } = await testDatabase(t);
    await chainOf(pool, 5);
    await tamper(pool, statement);
    const verdict = await verifyAuditLog(pool);
    assert.equal(verdict.kind, 'broken');
    assert.deepEqual([verdict.at.sequence, verdict.why], [sequence, why]);
  });
}

test('a tail that was cut off is seen once a later chain links to it, or by a head noted elsewhere', async (t) => {
  const { pool } = await testDatabase(t);
  await chainOf(pool, 3, 'first');
  await chainOf(pool, 3, 'second');
  const heads = await readChainHeads(pool);
  const { rows } = await pool.query("select writer from audit_segment where links = '[]' and sequence = 1");
  const [first] = rows;
  await tamper(pool, `delete from audit_segment where sequence = 3 and writer <> '${first.writer}'`);
  assert.equal((await verifyAuditLog(pool)).kind, 'intact', 'the newest tail cannot be seen from the table alone');
  assert.equal((await verifyAuditLog(pool, heads)).kind, 'broken');
  await tamper(pool, `delete from audit_segment where sequence = 3 and writer = '${first.writer}'`);
  const verdict = await verifyAuditLog(pool);
  assert.deepEqual(verdict, { kind: 'broken', at: { writer: first.writer, sequence: 3 }, why: 'missing' });
  await tamper(pool, `delete from audit_segment where writer = '${first.writer}'`);
  assert.equal((await verifyAuditLog(pool)).kind, 'broken', 'a whole chain that another links to');
});

test('without a database every append is refused, and later ones go into a new, linked chain', async (t) => {
  const { pool } = await testDatabase(t);
  const log = await chainOf(pool, 2);
  await pool.query('alter table audit_segment rename to away');
  await assert.rejects(log.append(record('lost')), AuditUnavailable);
  await pool.query('alter table away rename to audit_segment');
  await log.append(record('r3'));
  assert.deepEqual(await readAll(pool), ['r1', 'r2', 'r3']);
  assert.equal((await verifyAuditLog(pool)).kind, 'intact');
  assert.equal((await readChainHeads(pool)).length, 2);
  await pool.query('drop table audit_segment');
});

test('a pool that cannot connect refuses', async () => {
  const pool = createPool({ url: 'postgres://nobody@127.0.0.1:1/none', onError: () => {} });
  await assert.rejects(createAuditLog({ pool }).append(record('r')), AuditUnavailable);
  await pool.end();
});

test('at the limit of the queue one more is refused at once, and the others are written', async (t) => {
  const { pool } = await testDatabase(t);
  const log = createAuditLog({ pool, queueLimit: 3 });
  const accepted = ['r1', 'r2', 'r3'].map((name) => log.append(record(name)));
  await assert.rejects(log.append(record('r4')), AuditUnavailable);
  await Promise.all(accepted);
  await log.append(record('r5'));
  await log.settle();
  assert.deepEqual(await readAll(pool), ['r1', 'r2', 'r3', 'r5']);
});

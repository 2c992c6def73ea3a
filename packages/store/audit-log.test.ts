/** The audit log: durable before it says so, shared by writers, refused when it cannot be, and every change is seen. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AuditRecord } from '@affinity/core/fhir/audit-event.ts';
import pg from 'pg';
import { segmentHash } from './audit-chain.ts';
import { AuditUnavailable, createAuditLog, readChainHeads } from './audit-log.ts';
import { type AuditRange, readAuditRecords } from './audit-reader.ts';
import { verifyAuditLog } from './audit-verification.ts';
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
  const report = await verifyAuditLog(pool);
  assert.deepEqual([report.kind, report.records, report.heads.length], ['intact', 200, 2]);
  assert.equal((await readChainHeads(pool)).length, 2);
});

test('reading goes page by page and within a range', async (t) => {
  const { pool } = await testDatabase(t);
  await chainOf(pool, 450);
  assert.equal((await readAll(pool)).length, 450);
  assert.deepEqual(await readAll(pool, { matches: ({ id }) => id === 'r300' }), ['r300']);
  assert.deepEqual(await readAll(pool, { until: new Date(0) }), []);
  assert.deepEqual(await readAll(pool, { since: new Date(Date.now() + 60_000) }), []);
  const report = await verifyAuditLog(pool);
  assert.deepEqual([report.kind, report.segments, report.records], ['intact', 450, 450]);
  assert.deepEqual(report.heads, await readChainHeads(pool));
});

test('an empty log is intact', async (t) => {
  const { pool } = await testDatabase(t);
  const { kind, segments, records, heads } = await verifyAuditLog(pool);
  assert.deepEqual({ kind, segments, records, heads }, { kind: 'intact', segments: 0, records: 0, heads: [] });
});

for (const statement of ['update audit_segment set count = 2', 'delete from audit_segment', 'truncate audit_segment']) {
  test(`the database refuses: ${statement}`, async (t) => {
    const { pool } = await testDatabase(t);
    await chainOf(pool, 1);
    await assert.rejects(pool.query(statement), { code: '42501' });
    assert.equal((await verifyAuditLog(pool)).kind, 'intact');
  });
}

/** Hash and predecessor made right again, as only somebody who knows how can. */
const rehash = async (pool: pg.Pool, sequence: number): Promise<void> => {
  const { rows } = await pool.query('select * from audit_segment where sequence = $1', [sequence]);
  const [row] = rows;
  const hash = segmentHash({ ...row, sequence });
  await tamper(pool, `update audit_segment set hash = '\\x${hash.toString('hex')}' where sequence = ${sequence}`);
};

type Seen = readonly (readonly [sequence: number, why: string])[];
const tampering: readonly (readonly [what: string, statement: string, seen: Seen])[] = [
  [
    'a changed record',
    `update audit_segment set records = replace(records, 'permitted', 'denied') where sequence = 3`,
    [[3, 'changed']],
  ],
  [
    'a removed record',
    `update audit_segment set records = regexp_replace(records, '^[^\n]*\n', '') where sequence = 3`,
    [
      [3, 'changed'],
      [3, 'count'],
    ],
  ],
  [
    'two records in each other’s place',
    `update audit_segment set records = split_part(records, E'\n', 2) || E'\n' || split_part(records, E'\n', 1) where sequence = 3`,
    [[3, 'changed']],
  ],
  [
    'a record put in',
    `update audit_segment set records = records || E'\n{"id":"new"}', count = 3 where sequence = 3`,
    [[3, 'changed']],
  ],
  [
    'a record that stands there twice',
    `update audit_segment set records = records || E'\n' || split_part(records, E'\n', 1), count = 3 where sequence = 3`,
    [
      [3, 'changed'],
      [3, 'repeated'],
    ],
  ],
  [
    'a changed hash',
    `update audit_segment set hash = sha256('x') where sequence = 3`,
    [
      [3, 'changed'],
      [4, 'out-of-order'],
    ],
  ],
  [
    'a changed link',
    `update audit_segment set links = '[{"writer":"0","sequence":1,"hash":"00"}]' where sequence = 3`,
    [[3, 'changed']],
  ],
  ['a removed segment', 'delete from audit_segment where sequence = 3', [[3, 'missing']]],
  ['a removed first segment', 'delete from audit_segment where sequence = 1', [[1, 'missing']]],
  [
    'a gap closed by renumbering',
    'delete from audit_segment where sequence = 3; update audit_segment set sequence = sequence - 1 where sequence > 3',
    [
      [3, 'out-of-order'],
      [3, 'changed'],
      [4, 'changed'],
    ],
  ],
  [
    'two segments in each other’s place',
    `update audit_segment set sequence = sequence + 100 where sequence in (2, 3);
     update audit_segment set sequence = 105 - sequence where sequence > 100`,
    [
      [2, 'out-of-order'],
      [2, 'changed'],
      [3, 'out-of-order'],
      [3, 'changed'],
      [4, 'out-of-order'],
    ],
  ],
  [
    'a segment put in between',
    `update audit_segment set sequence = sequence + 100 where sequence > 2;
     update audit_segment set sequence = sequence - 99 where sequence > 100;
     insert into audit_segment select writer, 3, written, 1, hash, links, '{"id":"new"}', sha256('x')
       from audit_segment where sequence = 2`,
    [
      [3, 'changed'],
      [4, 'out-of-order'],
      [4, 'changed'],
      [5, 'changed'],
      [6, 'changed'],
    ],
  ],
  [
    'a segment copied to the end',
    `insert into audit_segment select writer, 6, written, count, (select hash from audit_segment where sequence = 5),
       links, records, hash from audit_segment where sequence = 3`,
    [
      [6, 'changed'],
      [6, 'repeated'],
    ],
  ],
];
for (const [what, statement, seen] of tampering) {
  test(`J13: seen, and where: ${what}`, async (t) => {
    const { pool } = await testDatabase(t);
    const log = createAuditLog({ pool });
    for (let index = 1; index <= 5; index += 1)
      await Promise.all([log.append(record(`r${index}a`)), log.append(record(`r${index}b`))]);
    const { heads } = await verifyAuditLog(pool);
    const [head] = heads;
    await tamper(pool, statement);
    const report = await verifyAuditLog(pool);
    assert.equal(report.kind, 'broken');
    assert.deepEqual(
      report.faults.map(({ sequence, why }) => [sequence, why]),
      seen,
    );
    assert.equal(report.faultCount, seen.length);
    for (const { writer, written } of report.faults) {
      assert.equal(writer, head?.writer);
      assert.match(written ?? '', /^\d{4}-/);
    }
  });
}

test('J13: a segment rewritten with a right hash is seen at the one after it, and a repeated record by its id', async (t) => {
  const { pool } = await testDatabase(t);
  await chainOf(pool, 5);
  await tamper(pool, `update audit_segment set records = replace(records, 'r5', 'r4') where sequence = 5`);
  await rehash(pool, 5);
  const last = await verifyAuditLog(pool);
  assert.deepEqual(
    last.faults.map(({ sequence, why }) => [sequence, why]),
    [[5, 'repeated']],
  );
  await tamper(pool, `update audit_segment set records = replace(records, 'permitted', 'denied') where sequence = 2`);
  await rehash(pool, 2);
  const { faults } = await verifyAuditLog(pool);
  assert.deepEqual([faults[0]?.sequence, faults[0]?.why], [3, 'out-of-order']);
});

test('J13: every fault is counted, and no more are told than wanted', async (t) => {
  const { pool } = await testDatabase(t);
  await chainOf(pool, 120);
  await tamper(pool, `update audit_segment set records = replace(records, 'permitted', 'denied')`);
  const { faults, faultCount } = await verifyAuditLog(pool, { faultLimit: 10 });
  assert.deepEqual([faults.length, faultCount], [10, 120]);
});

test('J13: the clock of the database set back is told', async (t) => {
  const { pool } = await testDatabase(t);
  await chainOf(pool, 3);
  await tamper(pool, `update audit_segment set written = written - interval '1 hour' where sequence = 2`);
  const { kind, clockSteps } = await verifyAuditLog(pool);
  assert.deepEqual([kind, clockSteps], ['intact', 1]);
});

test('J13: a tail that was cut off is seen once a later chain links to it, or by a head noted elsewhere', async (t) => {
  const { pool } = await testDatabase(t);
  await chainOf(pool, 3, 'first');
  await chainOf(pool, 3, 'second');
  const heads = await readChainHeads(pool);
  const { rows } = await pool.query("select writer from audit_segment where links = '[]' and sequence = 1");
  const [first] = rows;
  await tamper(pool, `delete from audit_segment where sequence = 3 and writer <> '${first.writer}'`);
  assert.equal((await verifyAuditLog(pool)).kind, 'intact', 'the newest tail cannot be seen from the table alone');
  const noted = await verifyAuditLog(pool, { heads });
  assert.deepEqual(
    noted.faults.map(({ sequence, why }) => [sequence, why]),
    [[3, 'cut-off']],
  );
  await tamper(pool, `delete from audit_segment where sequence = 3 and writer = '${first.writer}'`);
  assert.deepEqual((await verifyAuditLog(pool)).faults, [{ why: 'cut-off', writer: first.writer, sequence: 3 }]);
  await tamper(pool, `delete from audit_segment where writer = '${first.writer}'`);
  assert.equal((await verifyAuditLog(pool)).kind, 'broken', 'a whole chain that another links to');
});

test('J13: a log that is written to while it is looked through is whole', async (t) => {
  const { pool } = await testDatabase(t);
  const log = await chainOf(pool, 100);
  let writing = true;
  const writer = (async () => {
    for (let index = 0; writing; index += 1) await log.append(record(`live${index}`));
  })();
  for (let round = 0; round < 5; round += 1) assert.equal((await verifyAuditLog(pool)).kind, 'intact');
  writing = false;
  await writer;
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

/** A watched folder: every file ends in done or in quarantine, every message is applied once. */
import assert from 'node:assert/strict';
import { appendFile, mkdir, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { watchFolder } from './folder.ts';
import { testInbox, testSettings } from './testing/inbox.ts';
import { adt, oru } from './testing/messages.ts';

const count = async (pool: { query(text: string): Promise<{ rows: readonly unknown[] }> }, table: string) =>
  Number(((await pool.query(`select count(*) from ${table}`)).rows[0] as { count: string }).count);

test('a batch of several messages, framed and not, one of them bad: the good ones are applied, the bad one is kept with its reason; no word of them is told', async (t) => {
  const told: string[] = [];
  const inbox = await testInbox(t, { log: (...line) => told.push(JSON.stringify(line)) });
  const bad = adt({ id: 'M2', number: '2' }).replace('ADT^A01', 'MDM^T02');
  const text = [
    'FHS|^~\\&|A',
    'BHS|^~\\&|A',
    `\u000B${adt()}\u001C`,
    bad,
    adt({ id: 'M3', number: '3' }),
    'BTS|3',
    'FTS|1',
  ];
  await inbox.take('batch.hl7', text.join('\r\n'));
  assert.ok((await inbox.resource('Patient', '0047113')) !== undefined);
  assert.ok((await inbox.resource('Patient', '3')) !== undefined);
  assert.equal(await inbox.resource('Patient', '2'), undefined);
  assert.deepEqual([(await inbox.names('inbox')).length, (await inbox.names('work')).length], [0, 0]);
  assert.equal((await inbox.names('done')).length, 1);
  assert.deepEqual(await inbox.texts('.rejected'), [bad]);
  const [reason = ''] = await inbox.texts('.reason.txt');
  assert.match(reason, /MSH-9 \(segment 1\): messages of this kind are not read.*begins at line 7/);
  assert.ok(told.length === 1 && !/M.ller|0047113|batch|9434765919/.test(reason.replace('batch', '') + told.join()));
  assert.equal(inbox.folder.health().quarantined, 1);
});

test('a batch that was cut off, or counts wrongly, is told of, and what it holds is applied', async (t) => {
  const inbox = await testInbox(t);
  await inbox.take('a.hl7', `BHS|^~\\&|A\r${adt()}`);
  await inbox.take('b.hl7', `BHS|^~\\&|A\r${adt({ id: 'M2', number: '2' })}\rBTS|2`);
  await inbox.take('c.hl7', `${adt({ id: 'M3', number: '3' })}\rBTS|1\rwhat is this`);
  for (const number of ['0047113', '2', '3']) assert.ok((await inbox.resource('Patient', number)) !== undefined);
  const reasons = (await inbox.texts('.reason.txt')).join('');
  for (const part of [/has a beginning and no end/, /holds 2 messages, and it holds 1/, /line 6: what stands here/])
    assert.match(reasons, part);
});

test('nothing twice: the same message again changes nothing, the same number with another content goes to quarantine', async (t) => {
  const inbox = await testInbox(t);
  await inbox.take('a.hl7', oru());
  await inbox.take('b.hl7', oru());
  assert.deepEqual([await count(inbox.pool, 'file_receipt'), await count(inbox.pool, 'file_record_version')], [1, 0]);
  assert.deepEqual(await inbox.names('quarantine'), []);
  await inbox.take('c.hl7', oru().replace('105.0', '900.0'));
  assert.match((await inbox.texts('.reason.txt')).join(), /MSH-10: another message/);
  assert.equal(await count(inbox.pool, 'file_record_version'), 0);
  assert.equal((await inbox.names('done')).length, 3);
});

test('corrections: a result is corrected in its place and its version kept, the others stay in the report; a late message does not undo it', async (t) => {
  const inbox = await testInbox(t);
  await inbox.take('a.hl7', oru());
  const report = await inbox.resource('DiagnosticReport', 'LAB..2026-0815..CHEM');
  const [first] = report?.result as readonly { readonly reference: string }[];
  const id = first?.reference.split('/')[1] ?? '';
  const obx = ['OBX|1|NM|GLU^Glucose^99LAB||95|mg/dL^^UCUM|70-99||||C'];
  await inbox.take('b.hl7', oru({ id: 'L2', time: '20260302100000', status: 'C', obx }));
  const late = ['OBX|1|NM|GLU^Glucose^99LAB||1|mg/dL^^UCUM|70-99||||P'];
  await inbox.take('c.hl7', oru({ id: 'L0', time: '20260302070000', status: 'P', obx: late }));
  const corrected = await inbox.resource('Observation', id);
  assert.deepEqual([corrected?.status, (corrected?.valueQuantity as { value: number }).value], ['corrected', 95]);
  assert.equal(corrected?.meta?.versionId, '2');
  const after = await inbox.resource('DiagnosticReport', 'LAB..2026-0815..CHEM');
  assert.deepEqual([after?.status, (after?.result as readonly unknown[]).length], ['corrected', 2]);
});

test('ADT: a laboratory’s copy does not change who registration says it is; a visit goes on; a merge keeps records where they are', async (t) => {
  const inbox = await testInbox(t);
  await inbox.take('1.hl7', oru());
  assert.deepEqual((await inbox.resource('Patient', '0047113'))?.name, [{ family: 'MUELLER', given: ['ANNA'] }]);
  await inbox.take('2.hl7', adt());
  await inbox.take('3.hl7', oru({ id: 'L9', order: 'other' }));
  assert.equal(((await inbox.resource('Patient', '0047113'))?.name as { family: string }[])[0]?.family, 'Müller');
  const pv1 = 'PV1|1|I|W4^1^B||||||||||||||||V77^^^HOSP||||||||||||||||||||||||||20260305090000';
  await inbox.take('4.hl7', adt({ event: 'A03', id: 'M4', time: '20260305090000', pv1 }));
  const left = await inbox.resource('Encounter', 'HOSP..V77');
  assert.equal(left?.status, 'finished');
  assert.deepEqual(left?.period, { start: '2026-03-01T10:00:00+01:00', end: '2026-03-05T09:00:00+01:00' });
  await inbox.take(
    '5.hl7',
    adt({ event: 'A13', id: 'M5', time: '20260305100000', pv1: 'PV1|1|I|||||||||||||||||V77^^^HOSP' }),
  );
  const back = await inbox.resource('Encounter', 'HOSP..V77');
  assert.deepEqual([back?.status, back?.period], ['in-progress', { start: '2026-03-01T10:00:00+01:00' }]);
  const pid = 'PID|1||99^^^HOSP||Müller^Anna';
  await inbox.take('6.hl7', adt({ event: 'A40', id: 'M6', time: '20260306090000', pid, pv1: 'MRG|0047113^^^HOSP' }));
  const old = await inbox.resource('Patient', '0047113');
  assert.deepEqual([old?.active, old?.birthDate], [false, '1964-02-29']);
  const report = await inbox.resource('DiagnosticReport', 'LAB..2026-0815..CHEM');
  assert.deepEqual(report?.subject, { reference: 'Patient/0047113' });
});

test('compartment: a message that gives one patient’s report to another is refused', async (t) => {
  const inbox = await testInbox(t);
  await inbox.take('a.hl7', oru());
  const report = oru({ id: 'L2', time: '20260303080000', number: '2' });
  await inbox.take('b.hl7', report.replace('V77', 'V-2'));
  // The visit alone is another's.
  await inbox.take('c.hl7', report.replace('MSH|^~\\&|LAB', 'MSH|^~\\&|LAB2').replaceAll('2026-0815', 'other'));
  const reasons = await inbox.texts('.reason.txt');
  assert.deepEqual(
    reasons.map((text) => /of a (\w+) that is in one patient's record that it is in another's/.exec(text)?.[1]).sort(),
    ['Encounter', 'Observation'],
  );
  assert.equal(await inbox.resource('Patient', '2'), undefined);
});

test('a message from the future is refused at a day and a second, and taken at a day', async (t) => {
  const inbox = await testInbox(t, { now: () => Date.parse('2026-03-01T09:15:00Z') });
  await inbox.take('a.hl7', adt({ time: '20260302101500' }));
  await inbox.take('b.hl7', adt({ time: '20260302101501', id: 'M2', number: '2' }));
  assert.ok((await inbox.resource('Patient', '0047113')) !== undefined);
  assert.equal(await inbox.resource('Patient', '2'), undefined);
});

test('character sets: what MSH-18 says, strictly', async (t) => {
  const inbox = await testInbox(t);
  const latin = (id: string, number: string, set: string) =>
    Buffer.from(adt({ id, number }).replace('UNICODE UTF-8', set), 'latin1');
  await inbox.take('a.hl7', latin('M1', '1', '8859/1'));
  await inbox.take('b.hl7', latin('M2', '2', 'UNICODE UTF-8'));
  await inbox.take('c.hl7', latin('M3', '3', 'ASCII'));
  await inbox.take('d.hl7', latin('M4', '4', 'GB 18030-2000'));
  assert.equal(((await inbox.resource('Patient', '1'))?.name as { family: string }[])[0]?.family, 'Müller');
  assert.equal((await inbox.texts('.reason.txt')).join().match(/MSH-18/g)?.length, 3);
});

test('limits: a file, a message and a row at the limit are taken, one byte more is kept in quarantine (Q25)', async (t) => {
  const [one, two] = [adt({ event: 'A28', id: 'M1', number: '1' }), adt({ event: 'A28', id: 'M2', number: '2' })];
  const bytes = Buffer.byteLength(one);
  const csv = 'number;name;born\n1;Ada;01.02.1970\n';
  const settings = { ...testSettings(), limits: { messageBytes: bytes, fileBytes: bytes + 20, rowBytes: 16 } };
  const inbox = await testInbox(t, { settings });
  await inbox.take('a.hl7', one);
  await inbox.take('b.hl7', `${two}x`);
  await inbox.take('c.hl7', `${two}${'\r'.repeat(20)}`);
  await inbox.take('d.hl7', `${two}${'\r'.repeat(21)}`);
  const reasons = (await inbox.texts('.reason.txt')).join('');
  assert.match(reasons, new RegExp(`more than ${bytes} bytes`));
  assert.match(reasons, new RegExp(`more than ${bytes + 20} bytes`));
  assert.equal((await inbox.names('done')).length, 3);
  await inbox.take('patients.csv', csv);
  assert.ok((await inbox.resource('Patient', '1')) !== undefined);
  await inbox.take('patients-2.csv', csv.replace('Ada', 'Adaa'));
  assert.match((await inbox.texts('.reason.txt')).join(''), /a row is longer than it may be/);
});

test('links and folders are never followed or taken, files that are not whole yet are left', async (t) => {
  const inbox = await testInbox(t);
  await writeFile(join(inbox.root, 'secret'), adt());
  await symlink(join(inbox.root, 'secret'), join(inbox.root, 'inbox', 'link.hl7'));
  await mkdir(join(inbox.root, 'inbox', 'folder.hl7'));
  for (const name of ['a.tmp', 'a.part', '.a.hl7']) await writeFile(join(inbox.root, 'inbox', name), adt());
  await inbox.folder.look();
  assert.equal(await count(inbox.pool, 'file_record'), 0);
  assert.equal((await inbox.names('inbox')).length, 5);
  assert.equal(inbox.folder.health().ignored, 2);
});

test('a file is taken when it has not changed for a while, and once more when it was written on meanwhile', async (t) => {
  let now = Date.parse('2026-04-01T00:00:00Z');
  const inbox = await testInbox(t, { settings: { ...testSettings(), settleMilliseconds: 1000 }, now: () => now });
  await inbox.take('a.hl7', adt());
  now += 999;
  await inbox.folder.look();
  assert.equal((await inbox.names('inbox')).length, 1);
  await appendFile(join(inbox.root, 'inbox', 'a.hl7'), `\r${adt({ id: 'M2', number: '2' })}`);
  now += 1000;
  await inbox.folder.look();
  assert.equal((await inbox.names('inbox')).length, 1);
  now += 1000;
  await inbox.folder.look();
  assert.equal((await inbox.names('inbox')).length, 0);
  assert.ok((await inbox.resource('Patient', '2')) !== undefined);
});

test('a file that shrinks or grows under our hands is looked at again', async (t) => {
  const inbox = await testInbox(t);
  let touched = false;
  const grown = await inbox.open({ server: 'other' });
  await inbox.put('a.hl7', adt());
  const client = await inbox.pool.connect();
  await client.query('begin');
  await client.query(`select pg_advisory_xact_lock(hashtextextended('file records other', 0))`);
  const looking = grown.look();
  // It waits for the lock with the file read.
  while (!touched) {
    const [work] = await inbox.names('work');
    const waiting = await inbox.pool.query(
      `select from pg_stat_activity where wait_event = 'advisory' and datname = current_database()`,
    );
    if (work === undefined || waiting.rowCount === 0) continue;
    await appendFile(join(inbox.root, 'work', work), `\r${adt({ id: 'M2', number: '2' })}`);
    touched = true;
  }
  await client.query('commit');
  client.release();
  await looking;
  assert.deepEqual([(await inbox.names('work')).length, await inbox.resource('Patient', '2')], [1, undefined]);
  await grown.look();
  assert.deepEqual([(await inbox.names('work')).length, (await inbox.names('done')).length], [0, 1]);
  assert.ok((await inbox.resource('Patient', '2')) !== undefined);
});

test('where the database is gone nothing moves on, and all of it is taken when it is back', async (t) => {
  const inbox = await testInbox(t);
  await inbox.put('a.hl7', adt());
  await inbox.pool.query('alter table file_receipt rename to away');
  await inbox.folder.look();
  assert.equal(inbox.folder.health().state, 'failing');
  assert.deepEqual([(await inbox.names('work')).length, (await inbox.names('quarantine')).length], [1, 0]);
  assert.equal(await count(inbox.pool, 'file_record'), 0);
  await inbox.pool.query('alter table away rename to file_receipt');
  await inbox.folder.look();
  assert.equal(inbox.folder.health().state, 'working');
  assert.ok((await inbox.resource('Patient', '0047113')) !== undefined);
});

test('where quarantine cannot be written, the file is kept until it can', async (t) => {
  const inbox = await testInbox(t);
  const bad = adt().replace('ADT^A01', 'MDM^T02');
  await rename(join(inbox.root, 'quarantine'), join(inbox.root, 'away'));
  await inbox.take('a.hl7', `${adt({ id: 'M2' })}\r${bad}`);
  assert.equal(inbox.folder.health().state, 'failing');
  assert.deepEqual([(await inbox.names('work')).length, (await inbox.names('done')).length], [1, 0]);
  await rename(join(inbox.root, 'away'), join(inbox.root, 'quarantine'));
  await inbox.folder.look();
  assert.deepEqual([(await inbox.names('work')).length, (await inbox.names('done')).length], [0, 1]);
  assert.deepEqual(await inbox.texts('.rejected'), [bad]);
});

test('what was in quarantine can be put back, and is applied', async (t) => {
  const inbox = await testInbox(t);
  const bad = adt().replace('^^^HOSP^MR', '^^^OTHER^MR');
  await inbox.take('a.hl7', bad);
  const [name = ''] = (await inbox.names('quarantine')).filter((one) => one.endsWith('.rejected'));
  const settings = testSettings();
  const other = await inbox.open({
    settings: { ...settings, ...(settings.hl7 === undefined ? {} : { hl7: { ...settings.hl7, patient: 'OTHER' } }) },
  });
  await inbox.folder.close();
  await rename(join(inbox.root, 'quarantine', name), join(inbox.root, 'inbox', 'again.hl7'));
  await other.look();
  assert.ok((await inbox.resource('Patient', '0047113')) !== undefined);
});

test('done: files that were taken are removed where the settings say so', async (t) => {
  const inbox = await testInbox(t, { settings: { ...testSettings(), done: 'remove' } });
  await inbox.take('a.hl7', adt());
  assert.deepEqual([(await inbox.names('done')).length, (await inbox.names('work')).length], [0, 0]);
});

test('two that watch the same folder: each message once, and the other goes on when one is gone', async (t) => {
  const inbox = await testInbox(t);
  const other = await inbox.open();
  for (let i = 0; i < 12; i += 1) await inbox.put(`${i}.hl7`, adt({ id: `M${i}`, number: String(i % 4) }));
  await Promise.all([inbox.folder.look(), other.look()]);
  assert.deepEqual([inbox.folder.health().state, other.health().state].sort(), ['waiting', 'working']);
  await inbox.folder.close();
  await inbox.put('last.hl7', adt({ id: 'last', number: 'last' }));
  while (other.health().state !== 'working' || (await inbox.names('inbox')).length > 0) await other.look();
  assert.equal(await count(inbox.pool, 'file_receipt'), 13);
  assert.ok((await inbox.resource('Patient', 'last')) !== undefined);
  assert.equal((await inbox.names('quarantine')).length, 0);
});

test('two that do not know of each other: each message once', async (t) => {
  const inbox = await testInbox(t);
  // Another path to the same folder is another lock.
  const other = await inbox.open({ folder: `${inbox.root}/` });
  for (let i = 0; i < 20; i += 1) await inbox.put(`${i}.hl7`, oru({ id: `L${i}`, order: String(i % 5) }));
  await Promise.all([inbox.folder.look(), other.look()]);
  await inbox.folder.look();
  assert.equal(await count(inbox.pool, 'file_receipt'), 20);
  assert.deepEqual([(await inbox.names('inbox')).length, (await inbox.names('work')).length], [0, 0]);
  assert.equal((await inbox.names('quarantine')).length, 0);
});

test('the folder is watched: what is put there is taken without being asked for', async (t) => {
  const inbox = await testInbox(t);
  await inbox.folder.close();
  const { promise, resolve } = Promise.withResolvers<void>();
  const watched = watchFolder({
    pool: inbox.pool,
    server: 'files',
    folder: inbox.root,
    settings: { ...testSettings(), everyMilliseconds: 50 },
    report: () => resolve(),
  });
  await watched.start();
  t.after(watched.close);
  await inbox.put('a.hl7', adt());
  await promise;
  assert.ok((await inbox.resource('Patient', '0047113')) !== undefined);
  await watched.close();
  assert.equal(watched.health().state, 'stopped');
});

test('any bytes whatever end in done or in quarantine, and the next file is taken (Q25, Q26)', async (t) => {
  const inbox = await testInbox(t);
  const pieces = fc.constantFrom(
    ...[
      'MSH|^~\\&|',
      'PID|1||7^^^HOSP',
      'OBR|1||1^L|X',
      'OBX|1|NM|X||1||||||F',
      'PV1|1|I',
      '\r',
      '\n',
      '|',
      '^',
      '~',
      '\\',
      '&',
    ],
    ...[
      '"',
      ';',
      '""',
      '\u0000',
      '\u000B',
      '\u001C',
      '__proto__',
      'constructor',
      'number;name;born\n',
      '\uFEFF',
      'ORU^R01',
      'ADT^A40',
    ],
  );
  const content = fc.oneof(
    fc.uint8Array({ maxLength: 400 }),
    fc
      .array(fc.oneof(pieces, fc.string({ unit: 'binary', maxLength: 5 })), { maxLength: 60 })
      .map((all) => Buffer.from(all.join(''))),
    fc
      .tuple(
        fc.constantFrom(adt(), oru(), adt({ event: 'A40', pv1: 'MRG|5^^^HOSP' })),
        fc.nat(),
        fc.oneof(pieces, fc.string()),
      )
      .map(([text, at, more]) =>
        Buffer.from(`${text.slice(0, at % text.length)}${more}${text.slice((at % text.length) + 1)}`),
      ),
  );
  let n = 0;
  await fc.assert(
    fc.asyncProperty(content, fc.constantFrom('a.hl7', 'patients.csv', 'weights-x.csv', 'x'), async (bytes, name) => {
      n += 1;
      await inbox.take(`${n}${name}`.replace(/^\d+(patients|weights)/, '$1'), bytes);
      assert.equal(inbox.folder.health().state, 'working');
      assert.deepEqual([(await inbox.names('inbox')).length, (await inbox.names('work')).length], [0, 0]);
    }),
    { numRuns: 40 },
  );
  assert.equal(({} as { polluted?: unknown }).polluted, undefined);
  await inbox.take('last.hl7', adt({ id: 'last', number: 'last' }));
  assert.ok((await inbox.resource('Patient', 'last')) !== undefined);
});

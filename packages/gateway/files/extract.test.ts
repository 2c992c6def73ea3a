/** CSV extracts: rows as records by the mapping of a database, whole or as changes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testInbox, testSettings } from './testing/inbox.ts';

const header = 'number;name;born';
const csv = (...rows: readonly string[]): string => `${[header, ...rows].join('\r\n')}\r\n`;
const weights = (...rows: readonly string[]): string => ['number;taken;weight;changed;remark', ...rows].join('\n');

test('rows become records by the mapping: quoted cells, other columns in any order, a byte order mark', async (t) => {
  const inbox = await testInbox(t);
  await inbox.take(
    'patients-2026-05-03.csv',
    `\uFEFFborn;extra;number;name\n01.02.1970;x;7;"Lovelace; ""Ada""\nsecond line"\n`,
  );
  const { meta: _, ...patient } = (await inbox.resource('Patient', '7')) ?? { resourceType: '' };
  assert.deepEqual(patient, {
    resourceType: 'Patient',
    id: '7',
    identifier: [{ system: 'https://hospital.example/patients', value: '7' }],
    name: [{ family: 'Lovelace; "Ada"\nsecond line' }],
    birthDate: '1970-02-01',
  });
  assert.equal((await inbox.names('done')).length, 1);
});

test('the same extract again changes nothing, and only rows that differ have a new version', async (t) => {
  const inbox = await testInbox(t);
  await inbox.take('patients-1.csv', csv('1;Ada;01.02.1970', '2;Bo;01.02.1980'));
  await inbox.take('patients-2.csv', csv('1;Ada;01.02.1970', '2;Bob;01.02.1980'));
  const version = async (id: string) => (await inbox.resource('Patient', id))?.meta?.versionId;
  assert.deepEqual([await version('1'), await version('2')], ['1', '2']);
});

test('of a whole extract what is no longer in it is gone; of changes nothing is', async (t) => {
  const inbox = await testInbox(t, { settings: testSettings({ patients: 'whole' }) });
  await inbox.take('patients-1.csv', csv('1;Ada;01.02.1970', '2;Bo;01.02.1980'));
  await inbox.take('weights.csv', weights('1;20260101;70;20260101120000;'));
  await inbox.take('weights-2.csv', weights('1;20260102;71;20260102120000;'));
  await inbox.take('patients-2.csv', csv('2;Bo;01.02.1980'));
  assert.equal(await inbox.resource('Patient', '1'), undefined);
  assert.ok((await inbox.resource('Patient', '2')) !== undefined);
  assert.ok((await inbox.resource('Observation', '1..20260101')) !== undefined);
});

test('a whole extract that was cut off takes nothing away: at half it does, past it the file is in quarantine', async (t) => {
  const inbox = await testInbox(t, { settings: testSettings({ patients: 'whole' }) });
  const rows = [1, 2, 3, 4].map((n) => `${n};P${n};01.02.1970`);
  await inbox.take('patients-1.csv', csv(...rows));
  await inbox.take('patients-2.csv', csv(...rows.slice(0, 1)));
  assert.match((await inbox.texts('.reason.txt')).join(), /of 4 records that were in this extract, 3 are not in it/);
  assert.ok((await inbox.resource('Patient', '4')) !== undefined);
  await inbox.take('patients-3.csv', csv(...rows.slice(0, 2)));
  assert.equal(await inbox.resource('Patient', '4'), undefined);
  assert.ok((await inbox.resource('Patient', '2')) !== undefined);
});

test('bad rows are kept with their reasons, the others are applied; a bad row takes away neither its record nor others', async (t) => {
  const inbox = await testInbox(t, { settings: testSettings({ patients: 'whole' }) });
  await inbox.take('patients-1.csv', csv('1;Ada;01.02.1970', '2;Bo;01.02.1980', '3;Cy;01.02.1990'));
  await inbox.take(
    'patients-2.csv',
    csv('1;Ada;31.02.1970', '2;Bob;01.02.1980', '2;Bo;01.02.1980', '4;too;many;cells'),
  );
  assert.equal(((await inbox.resource('Patient', '2'))?.name as { family: string }[])[0]?.family, 'Bob');
  for (const id of ['1', '3']) assert.ok((await inbox.resource('Patient', id)) !== undefined, id);
  const [reason = ''] = await inbox.texts('.reason.txt');
  assert.match(reason, /line 2: .*birthDate/);
  assert.match(reason, /line 4: .*an earlier row has the same key/);
  assert.match(reason, /line 5: .*not as many cells/);
  assert.match(reason, /not known what is gone/);
  assert.ok(!/Ada|Bob|too/.test(reason));
  assert.deepEqual(await inbox.texts('.rejected'), [
    `${header}\n1;Ada;31.02.1970\n2;Bo;01.02.1980\n4;too;many;cells\n`,
  ]);
});

test('a row that was changed earlier than what is known does not take its place', async (t) => {
  const inbox = await testInbox(t);
  await inbox.take('weights-1.csv', weights('1;20260101;70;20260103000000;'));
  await inbox.take('weights-2.csv', weights('1;20260101;60;20260102000000;'));
  await inbox.take('weights-3.csv', weights('1;20260101;80;20990102000000;'));
  const known = await inbox.resource('Observation', '1..20260101');
  assert.deepEqual((known?.valueQuantity as { value: number }).value, 70);
  assert.match((await inbox.texts('.reason.txt')).join(), /made in the future/);
});

test('formula cells are text, kept and never evaluated; what is in quarantine opens in no spreadsheet (Q25)', async (t) => {
  const inbox = await testInbox(t);
  const cells = ['=1+1', '+1', '-1', '@SUM(A1)', '=HYPERLINK("x")'];
  await inbox.take(
    'patients.csv',
    csv(...cells.map((cell, i) => `${i + 1};"${cell.replaceAll('"', '""')}";01.02.1970`), '=9;x;no date'),
  );
  for (const [i, cell] of cells.entries())
    assert.deepEqual((await inbox.resource('Patient', String(i + 1)))?.name, [{ family: cell }]);
  assert.ok((await inbox.names('quarantine')).every((name) => /\.rejected(\.reason\.txt)?$/.test(name)));
});

test('names of columns reach no prototype, and a column that is missing, doubled or not closed is told of (Q26)', async (t) => {
  const inbox = await testInbox(t);
  await inbox.take('patients-1.csv', '__proto__;constructor;number;name;born\npolluted;polluted;1;Ada;01.02.1970\n');
  assert.ok((await inbox.resource('Patient', '1')) !== undefined);
  assert.equal(({} as { polluted?: unknown }).polluted, undefined);
  await inbox.take('patients-2.csv', '__proto__;number;born\nx;2;01.02.1970\n');
  await inbox.take('patients-3.csv', 'number;number;name;born\n3;3;x;01.02.1970\n');
  await inbox.take('patients-4.csv', `${header}\n4;"x;01.02.1970\n`);
  await inbox.take('patients-5.csv', Buffer.from(csv('5;Jörg;01.02.1970'), 'latin1'));
  await inbox.take('unknown.csv', csv('6;x;01.02.1970'));
  const reasons = (await inbox.texts('.reason.txt')).join('');
  for (const part of [
    /no column “name”/,
    /two columns have the same name/,
    /a quoted cell does not end/,
    /bytes that utf-8/,
    /name is none of an extract/,
  ])
    assert.match(reasons, part);
});

test('nothing is half-written: rows of a file that cannot be read to its end are not applied', async (t) => {
  const inbox = await testInbox(t);
  await inbox.take('patients.csv', `${header}\n1;Ada;01.02.1970\n2;"Bo;01.02.1980\n`);
  assert.equal(await inbox.resource('Patient', '1'), undefined);
  assert.equal((await inbox.names('quarantine')).length, 2);
});

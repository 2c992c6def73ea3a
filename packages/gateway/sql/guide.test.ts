/** The guide to databases, tried as it is written: its tables, its mapping, what becomes of a row, and the faults that it shows. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { faultText, loadMapping } from './load-mapping.ts';
import { openSqlite } from './sqlite.ts';
import { ask } from './testing/asking.ts';
import { openSource } from './testing/opened.ts';

const guide = readFileSync(resolve(import.meta.dirname, '../../../docs/guides/connect-a-database.md'), 'utf8');
const blocks = [...guide.matchAll(/^```(\w*)\n(.*?)^```/gmsu)].map(([, language = '', text = '']) => ({
  language,
  text,
}));
const block = (language: string, holds: string): string => {
  const found = blocks.find((one) => one.language === language && one.text.includes(holds));
  assert.ok(found !== undefined, `${language} with ${holds}`);
  return found.text;
};

test('the guide, tried as written', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'affinity-guide-'));
  const path = join(folder, 'hospital.db');
  const database = new DatabaseSync(path);
  database.exec(block('sql', 'create table'));
  database.close();
  const engine = openSqlite({ path });
  t.after(async () => {
    await engine.close();
    rmSync(folder, { recursive: true });
  });
  const { source, withheld } = await openSource(engine, block('yaml', 'resources:\n'));
  const read = await source.read({ type: 'Observation', id: 'lab-1' });
  assert.ok(read.kind === 'found');
  const { meta, ...shown } = read.version.resource;
  assert.ok(meta?.lastUpdated !== undefined);
  assert.deepEqual(shown, JSON.parse(block('json', 'lab-1')));
  assert.deepEqual((await ask(source, 'Observation?code=2345-7&patient=0047113')).ids, ['lab-1']);
  const ben = await source.read({ type: 'Patient', id: '0047150' });
  assert.equal(ben.kind === 'found' && ben.version.resource.birthDate, '1992');
  assert.deepEqual(withheld, []);
});

test('the faults that the guide shows are those that are told', () => {
  const mapping = block('yaml', 'resources:\n')
    .replace('gender:', 'gneder:')
    .replace('codes: laboratory', 'codes: labor');
  const loaded = loadMapping(mapping);
  assert.ok(loaded.kind === 'faults');
  assert.deepEqual(loaded.faults.map(faultText), block('', 'line ').trim().split('\n'));
});

/** Files of an import: Bundles, ndjson, packages; what is too large or hostile is refused or skipped. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { importResources } from './import.ts';
import type { ImportItem } from './import-item.ts';
import { readImportSource, type SourceOptions } from './import-source.ts';
import { arrayElements } from './json-array.ts';
import { testDatabase } from './testing/database.ts';
import { packed } from './testing/packed.ts';

type Context = { after(work: () => void): void };

const write = (t: Context, name: string, content: string | Buffer): string => {
  const folder = mkdtempSync(join(tmpdir(), 'import-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};
const readAll = async (path: string, options?: SourceOptions): Promise<readonly ImportItem[]> => {
  const items: ImportItem[] = [];
  for await (const item of readImportSource(path, options)) items.push(item);
  return items;
};
const texts = (items: readonly ImportItem[]) =>
  items.map((item) => (item.kind === 'json' ? item.json : item.kind === 'refused' ? `refused: ${item.reason}` : ''));

test('a single resource is taken as its text stands', async (t) => {
  const text = '{ "resourceType": "Patient", "x": 0.10 }';
  assert.deepEqual(texts(await readAll(write(t, 'one.json', text))), [text]);
});

test('the entries of a Bundle, with references by fullUrl made local', async (t) => {
  const uuid = '61ebe359-bfdc-4613-8bf2-c5e300945f0a';
  const bundle = `{"resourceType":"Bundle","type":"transaction","entry":[
    {"fullUrl":"urn:uuid:${uuid}","resource":{"resourceType":"Patient","x":1.50},"request":{"method":"POST","url":"Patient"}},
    {"fullUrl":"https://other.example/fhir/Encounter/e","resource":{"resourceType":"Encounter","id":"e","subject": {"reference" : "urn:uuid:${uuid}"}}},
    {"resource":{"resourceType":"Observation","id":"o","note":[{"text":"\\"reference\\":\\"urn:uuid:${uuid}\\" ] } ,"}],
      "encounter":{"reference":"https://other.example/fhir/Encounter/e"},"performer":[{"reference":"urn:uuid:none"}]},
     "request":{"method":"PUT","url":"Observation/o"}},
    {"request":{"method":"DELETE","url":"Patient/x"}},
    {"resource":{"resourceType":"Patient","id":"g"},"request":{"method":"GET","url":"Patient/g"}}]}`;
  const items = await readAll(write(t, 'bundle.json', bundle));
  assert.deepEqual(
    items.map((item) => item.kind === 'json' && item.id),
    [uuid, 'e', 'o', false, false],
  );
  const [patient, encounter, observation, ...refused] = texts(items);
  assert.equal(patient, '{"resourceType":"Patient","x":1.50}');
  assert.equal(encounter, `{"resourceType":"Encounter","id":"e","subject": {"reference" : "Patient/${uuid}"}}`);
  assert.ok(observation?.includes(`"text":"\\"reference\\":\\"urn:uuid:${uuid}\\" ] } ,"`), 'text is left alone');
  assert.ok(observation?.includes('{"reference":"Encounter/e"}'));
  assert.ok(observation?.includes('{"reference":"urn:uuid:none"}'), 'what is not in the Bundle stays');
  assert.deepEqual(refused, [
    'refused: a Bundle entry without a resource',
    'refused: a Bundle entry that is neither PUT nor POST',
  ]);
});

test('a Bundle that is no set of records is refused, and so is what is no JSON', async (t) => {
  const reasons = async (text: string) => texts(await readAll(write(t, 'x.json', text)));
  assert.deepEqual(await reasons('{"resourceType":"Bundle","type":"history","entry":[]}'), [
    'refused: a Bundle of type history',
  ]);
  assert.deepEqual(await reasons('{"resourceType":"Bundle","type":"<script>"}'), ['refused: a Bundle without a type']);
  assert.deepEqual(await reasons('{"resourceType":"Bundle","type":"batch"}'), []);
  assert.deepEqual(await reasons('{"resourceType":"Bundle","type":"batch","type":"x"}'), [
    'refused: JSON that repeats a key',
  ]);
  assert.deepEqual(await reasons(''), ['refused: not JSON']);
});

test('ndjson: lines across chunks, empty lines, and the limit of a line at it and past it', async (t) => {
  const long = (length: number) => `{"a":"${'x'.repeat(length - 8)}"}`;
  const lines = [long(20), '', '\r', long(400_000), long(400_001), '{"é":1}', long(30)];
  const items = await readAll(write(t, 'x.ndjson', lines.join('\n')), { limits: { line: 400_000 } });
  assert.deepEqual(
    texts(items).map((text) => (text.startsWith('refused') ? text : text.length)),
    [20, 400_000, 'refused: a line of more than 400000 characters', 7, 30],
  );
  assert.deepEqual(
    items.map(({ origin }) => origin),
    [1, 4, 5, 6, 7].map((line) => `x.ndjson line ${line}`),
  );
});

test('a package gives its examples, or all its resources, and nothing else', async (t) => {
  const path = write(
    t,
    'small.tgz',
    await packed([
      ['package/package.json', '{"name":"small"}'],
      ['package/.index.json', '{}'],
      ['package/StructureDefinition-x.json', '{"n":1}'],
      ['package/example/Patient-a.json', '{"n":2}'],
      ['package/example/.index.json', '{}'],
      ['package/example/package.json', '{}'],
      ['package/example/deeper/Patient-b.json', '{"n":3}'],
      ['package/xml/Patient-a.xml', '<x/>'],
      ['package/openapi/x.openapi.json', '{}'],
      ['../../package/example/Patient-c.json', '{"n":4}'],
      ['/package/example/Patient-d.json', '{"n":5}'],
      [{ name: 'package/example/Patient-e.json', type: 'symlink', linkname: '/etc/passwd' }, ''],
      [{ name: 'package/example/Patient-f.json', type: 'link', linkname: 'package/package.json' }, ''],
    ]),
  );
  assert.deepEqual(texts(await readAll(path)), ['{"n":2}']);
  assert.deepEqual(texts(await readAll(path, { content: 'all' })), ['{"n":1}', '{"n":2}']);
});

test('each limit of a package, at it and past it', async (t) => {
  const body = `{"a":"${'x'.repeat(5000)}"}`;
  const content = await packed([1, 2, 3].map((n) => [`package/example/Patient-${n}.json`, body] as const));
  const path = write(t, 'small.tgz', content);
  const count = async (limits: SourceOptions['limits'] = {}) => (await readAll(path, { limits })).length;
  assert.equal(await count({ files: 3 }), 3);
  await assert.rejects(count({ files: 2 }), { name: 'ImportLimitExceeded' });
  assert.deepEqual(texts(await readAll(path, { limits: { document: body.length } })), [body, body, body]);
  assert.match(
    texts(await readAll(path, { limits: { document: body.length - 1 } })).join(),
    /refused.*refused.*refused/,
  );
  // Three files of 512 bytes of header and ten blocks of content, and the end of the archive.
  const unpacked = 3 * (512 + 10 * 512) + 1024;
  assert.equal(await count({ unpacked }), 3);
  await assert.rejects(count({ unpacked: unpacked - 1 }), { name: 'ImportLimitExceeded' });
});

test('a package that is damaged or cut off is an error, not an end', async (t) => {
  const whole = await packed([['package/example/Patient-1.json', `{"a":"${'x'.repeat(100)}"}`]]);
  await assert.rejects(readAll(write(t, 'cut.tgz', whole.subarray(0, whole.length - 20))));
  await assert.rejects(readAll(write(t, 'noise.tgz', gzipSync(Buffer.alloc(2000, 7)))));
});

test('a document over its limit is not read', async (t) => {
  const path = write(t, 'x.json', '{"a":1}');
  assert.equal((await readAll(path, { limits: { document: 7 } })).length, 1);
  await assert.rejects(readAll(path, { limits: { document: 6 } }), { name: 'ImportLimitExceeded' });
  await assert.rejects(readAll(join(path, '..', 'absent.json')), { code: 'ENOENT' });
});

test('the elements of an array', () => {
  assert.deepEqual(arrayElements(' [ ] '), []);
  assert.deepEqual(arrayElements('[{"a":[1,2]}, "x,\\"]", 3 ,[[]]]'), ['{"a":[1,2]}', '"x,\\"]"', '3', '[[]]']);
});

const usCore = join(import.meta.dirname, '../../../shared/data/us-core-6.1.0.tgz');
test('the examples of US Core 6.1.0', { skip: existsSync(usCore) ? false : 'the package is not there' }, async (t) => {
  const { pool } = await testDatabase(t);
  const options = { ownBases: ['http://localhost:4000/fhir'] };
  const first = await importResources(pool, readImportSource(usCore), options);
  assert.deepEqual(first.refused, []);
  // 183 files, four of which are Bundles of nine resources in all.
  assert.equal(first.created, 188);
  const second = await importResources(pool, readImportSource(usCore), options);
  assert.deepEqual(second, { taken: 188, created: 0, updated: 0, unchanged: 188, refused: [] });
});

/** Packages: what is taken of them, all or nothing, and what of them is refused. */
import assert from 'node:assert/strict';
import { createReadStream, existsSync } from 'node:fs';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { everything } from '@affinity/core/fhir/filter.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { createBackend } from '@affinity/store/backend.ts';
import { testDatabase } from '@affinity/store/testing/database.ts';
import { packed } from '@affinity/store/testing/packed.ts';
import { createLoadedPackages, type Loading } from './loaded-packages.ts';
import { packageLimits } from './package-limits.ts';
import { readPackage } from './read-package.ts';

const base = 'http://x.example';
const paper = (version = '1.0.0', more: object = {}) =>
  JSON.stringify({ name: 'x.example.colours', version, fhirVersions: ['4.0.1'], title: 'Colours', ...more });
const valueSet = (version: string, more: object = {}): Resource => ({
  resourceType: 'ValueSet',
  id: 'colours',
  url: `${base}/ValueSet/colours`,
  version,
  status: 'active',
  ...more,
});
const file = (resource: object, name = 'ValueSet-colours'): readonly [string, string] => [
  `package/${name}.json`,
  JSON.stringify(resource),
];
const stream = (bytes: Buffer): Readable => Readable.from([bytes]);
const reading = async (files: Parameters<typeof packed>[0], limits = packageLimits) => {
  const read = await readPackage(stream(await packed(files)), limits);
  return read.kind === 'refused' ? read.reason : read.artefacts.map(({ type }) => type).join();
};

test('Q37: nothing of a package is taken where a name leads out, a file is a link, or its JSON is poisoned', async () => {
  const good = [['package/package.json', paper()] as const, file(valueSet('1'))];
  assert.equal(await reading(good), 'ValueSet');
  for (const name of ['../../etc/passwd', 'package/../../x.json', '/etc/passwd', 'package\\..\\x.json', 'C:/x.json'])
    assert.match(await reading([...good, [name, '{}']]), /^it holds a file whose name leads out of it/, name);
  for (const type of ['symlink', 'link', 'fifo'] as const)
    assert.match(
      await reading([...good, [{ name: 'package/ValueSet-b.json', type, linkname: '/etc/passwd' }, '']]),
      /^it holds something that is no plain file/,
      type,
    );
  const poisoned = JSON.stringify(valueSet('2')).replace('{', '{"__proto__":{"admin":true},');
  assert.match(await reading([...good, ['package/ValueSet-p.json', poisoned]]), /a key that is not allowed/);
  const twice = JSON.stringify(valueSet('2')).replace('{', '{"status":"draft",');
  assert.match(await reading([...good, ['package/ValueSet-p.json', twice]]), /repeats a key/);
  const deep = `{"resourceType":"ValueSet","x":${'['.repeat(5000)}${']'.repeat(5000)}}`;
  assert.match(await reading([...good, ['package/ValueSet-p.json', deep]]), /nested too deep/);
  const script = { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml"><script>1</script></div>' };
  const plain = await readPackage(
    stream(await packed([...good, file(valueSet('2', { text: script }), 'ValueSet-s')])),
    packageLimits,
  );
  assert.ok(plain.kind === 'package' && plain.artefacts.every((one) => !/script/.test(one.bodyOf(1, 0))));
  const within = { contained: [valueSet('3', { text: script })] };
  assert.match(
    await reading([...good, file(valueSet('2', within), 'ValueSet-s')]),
    /a narrative that may not be shown/,
  );
  const secret = { meta: { security: [{ system: 'http://x', code: 'R' }] } };
  assert.match(await reading([...good, file(valueSet('2', secret), 'ValueSet-l')]), /labelled as confidential/);
  assert.match(await reading([...good, good[1] ?? ['', '']]), /the same file twice/);
  assert.match(await reading([...good, file(valueSet('1'), 'ValueSet-again')]), /two artefacts of one url and version/);
});

test('Q37: a package has so many files and bytes, and becomes so many times its size: at each limit and one past it', async () => {
  const files = [['package/package.json', paper()] as const, file(valueSet('1', { description: 'x'.repeat(3000) }))];
  const bytes = Buffer.byteLength(files[1]?.[1] ?? '');
  const whole = 1024 * Math.ceil((512 + Buffer.byteLength(paper())) / 512 / 2) + 512 * 8 + 1024;
  assert.equal(await reading(files, { ...packageLimits, files: 2, document: bytes, unpacked: whole }), 'ValueSet');
  assert.match(await reading(files, { ...packageLimits, files: 1 }), /more than 1 files/);
  assert.match(await reading(files, { ...packageLimits, document: bytes - 1 }), /a file of more than/);
  assert.match(await reading(files, { ...packageLimits, unpacked: bytes }), /when decompressed/);
  const bomb = [...files, ['package/other.txt', '0'.repeat(3_000_000)] as const];
  assert.match(await reading(bomb), /more than 100 times its size/);
  assert.equal(await reading(bomb, { ...packageLimits, ratio: 1e6 }), 'ValueSet');
});

test('M14: what is no package, or says nothing of itself that could be believed, is refused with the reason', async () => {
  const read = async (bytes: Buffer) => {
    const done = await readPackage(stream(bytes), packageLimits);
    return done.kind === 'refused' ? done.reason : done.kind;
  };
  assert.match(await read(Buffer.from('PK\u0003\u0004')), /it is no package/);
  assert.match(
    await read((await packed([file(valueSet('1'))])).subarray(0, 80)),
    /it is no package|no package\/package/,
  );
  assert.match(await reading([file(valueSet('1'))]), /no package\/package.json/);
  assert.match(await reading([['package/package.json', '{']]), /not sound JSON/);
  assert.match(await reading([['package/package.json', '{"name":"../x","version":"1"}']]), /no name/);
  assert.match(await reading([['package/package.json', paper('1', { fhirVersions: ['5.0.0'] })]]), /another version/);
  assert.match(await reading([['package/package.json', paper()]]), /holds no definitions/);
  assert.match(await reading([['package/package.json', paper()], file({ resourceType: 'ValueSet', x: 1 })]), /x/);
});

const registry = async (t: Parameters<typeof testDatabase>[0]) => {
  const { pool } = await testDatabase(t);
  let changes = 0;
  const changed = () => {
    changes += 1;
  };
  const packages = createLoadedPackages({ pool, ownBases: [], limits: packageLimits, changed, now: Date.now });
  const backend = createBackend({ pool, ownBases: [] });
  const load = async (version: string, artefacts: readonly object[], more: object = {}): Promise<Loading> => {
    const files = artefacts.map((one, index) => file(one, `Artefact-${index}`));
    return packages.load(stream(await packed([['package/package.json', paper(version, more)], ...files])), 'somebody');
  };
  const held = async () => (await pool.query('select from resource where not deleted')).rows.length;
  return { packages, backend, load, held, changes: () => changes };
};

test('M14: all of a package is stored or nothing; the same again changes nothing, another content of one url and version is refused', async (t) => {
  const { packages, backend, load, held, changes } = await registry(t);
  const system = {
    resourceType: 'CodeSystem',
    id: 'c',
    url: `${base}/CodeSystem/c`,
    status: 'draft',
    content: 'complete',
  };
  const needs = { dependencies: { 'hl7.fhir.r4.core': '4.0.1', 'x.example.base': '2.0.x' } };
  const example = { resourceType: 'Patient', id: 'p' };
  const first = await load('1.0.0', [valueSet('1.0.0'), system, example], needs);
  assert.deepEqual(first, {
    kind: 'loaded',
    package: { name: 'x.example.colours', version: '1.0.0' },
    created: 2,
    unchanged: 0,
    passedOver: 1,
    dependencies: [
      { name: 'hl7.fhir.r4.core', version: '4.0.1', isThere: true },
      { name: 'x.example.base', version: '2.0.x', isThere: false },
    ],
  });
  assert.equal(changes(), 1);
  const again = await load('1.0.0', [valueSet('1.0.0'), system, example], needs);
  assert.deepEqual([again.kind, again.kind === 'loaded' && again.created], ['loaded', 0]);
  assert.equal(await held(), 2);

  // A later package may bring what is there already, and the status that it has got here stays.
  const at = await backend.resolveCanonical('ValueSet', `${base}/ValueSet/colours`);
  const id = at?.id ?? '';
  const retired = { ...valueSet('1.0.0', { status: 'retired' }), id };
  await backend.update(
    { type: 'ValueSet', id, content: { resource: retired, json: JSON.stringify(retired) } },
    everything,
  );
  assert.equal((await load('1.1.0', [valueSet('1.0.0'), valueSet('1.1.0')])).kind, 'loaded');
  assert.equal((await backend.resolveCanonical('ValueSet', `${base}/ValueSet/colours|1.0.0`))?.id, id);
  assert.equal(await held(), 3);

  const changed = { description: 'not what it was' };
  const conflict = await load('1.2.0', [valueSet('1.2.0'), valueSet('1.1.0', changed)]);
  assert.deepEqual(conflict, {
    kind: 'refused',
    reason: 'the registry holds other content under the same url and version: package/Artefact-1.json',
  });
  assert.equal(await held(), 3, 'nothing of it is stored');
  const other = await load('1.0.0', [valueSet('9')]);
  assert.deepEqual(other, { kind: 'refused', reason: 'x.example.colours 1.0.0 is loaded already, with other content' });
  const listed = await packages.list();
  assert.deepEqual(
    listed.map(({ name, version, artefacts, loadedBy }) => [name, version, artefacts, loadedBy]),
    [
      ['x.example.colours', '1.0.0', 2, 'somebody'],
      ['x.example.colours', '1.1.0', 2, 'somebody'],
    ],
  );
  assert.ok((await packages.artefactsOf('x.example.colours', '1.1.0')).some((one) => one.id === id));
});

test('M14: two who load the same at once store it once', async (t) => {
  const { load, held } = await registry(t);
  const all = [valueSet('1'), { ...valueSet('1'), id: 'b', url: `${base}/ValueSet/b` }];
  const done = await Promise.all([load('1', all), load('1', all), load('1', all)]);
  assert.deepEqual(done.map((one) => (one.kind === 'loaded' ? one.created : one.reason)).toSorted(), [0, 0, 2]);
  assert.equal(await held(), 2);
});

const usCore = new URL('../../../../shared/data/us-core-6.1.0.tgz', import.meta.url);
test('M14: US Core 6.1.0 is taken as it is', { skip: !existsSync(usCore) && 'needs ../shared/data' }, async (t) => {
  const { packages, backend } = await registry(t);
  const done = await packages.load(createReadStream(usCore), 'somebody');
  assert.equal(done.kind === 'loaded' ? done.created : done.reason, 210);
  const at = await backend.resolveCanonical(
    'StructureDefinition',
    'http://hl7.org/fhir/us/core/StructureDefinition/us-core-patient',
  );
  assert.match(at?.id ?? '', /^us-core-patient-6\.1\.0-[0-9a-f]{12}$/);
});

/** Who holds a canonical url and version, and what a reference without a version means. FHIR R4 references.html#canonical. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { everything } from '@affinity/core/fhir/filter.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { createBackend } from './backend.ts';
import { importResources } from './import.ts';
import { testDatabase } from './testing/database.ts';

const url = 'http://x.example/ValueSet/v';
const valueSet = (id: string, version: string | undefined, status = 'active'): Resource => ({
  resourceType: 'ValueSet',
  id,
  url,
  status,
  ...(version === undefined ? {} : { version }),
});
const content = (resource: Resource) => ({ resource, json: JSON.stringify(resource) });
const store = async (t: Parameters<typeof testDatabase>[0]) => {
  const { pool } = await testDatabase(t);
  const backend = createBackend({ pool, ownBases: [] });
  const put = (resource: Resource) =>
    backend.create({ type: resource.resourceType, id: resource.id ?? '', content: content(resource) });
  const change = (resource: Resource) =>
    backend.update({ type: resource.resourceType, id: resource.id ?? '', content: content(resource) }, everything);
  return { pool, backend, put, change };
};

test('a url and version are held once: by create, by update, by many at once, and until deletion (M02)', async (t) => {
  const { backend, put, change } = await store(t);
  const results = await Promise.all(Array.from({ length: 10 }, (_, index) => put(valueSet(`v${index}`, '1'))));
  assert.deepEqual(results.map(({ kind }) => kind).toSorted(), [
    ...Array.from({ length: 9 }, () => 'canonical-taken'),
    'created',
  ]);
  assert.equal((await put(valueSet('two', '2'))).kind, 'created');
  assert.equal((await put(valueSet('none', undefined))).kind, 'created');
  assert.equal((await put(valueSet('none-too', undefined))).kind, 'canonical-taken');
  assert.equal((await put({ ...valueSet('other', '1'), resourceType: 'CodeSystem' })).kind, 'created');
  assert.equal((await change(valueSet('two', '1'))).kind, 'canonical-taken');
  const two = await backend.read({ type: 'ValueSet', id: 'two' }, everything);
  assert.equal(two.kind === 'found' && two.version.versionId, '1');
  const held = results.find((result) => result.kind === 'created');
  await backend.delete({ type: 'ValueSet', id: held?.kind === 'created' ? held.version.id : '' }, everything);
  assert.equal((await change(valueSet('two', '1'))).kind, 'updated');
  assert.equal((await put(valueSet('three', '2'))).kind, 'created');
});

test('an import reports a url and version that another resource has, and takes the rest (M02)', async (t) => {
  const { pool, put } = await store(t);
  await put(valueSet('stored', '1'));
  const resources = [valueSet('a', '1'), valueSet('b', '2'), valueSet('c', '2'), valueSet('d', '3')];
  const { created, refused } = await importResources(pool, resources, { ownBases: [] });
  assert.equal(created, 2);
  assert.deepEqual(refused, [
    {
      reason: 'a canonical url and version that another resource has',
      count: 2,
      examples: ['ValueSet/a', 'ValueSet/c'],
    },
  ]);
});

test('without a version the latest active one is meant, by the order of business versions (M01)', async (t) => {
  const { backend, put } = await store(t);
  const versions = [undefined, '1.9.0', '1.10.0', '1.10.0-ballot', 'alpha'];
  for (const [index, version] of versions.entries()) await put(valueSet(`v${index}`, version));
  await put(valueSet('draft', '2.0.0', 'draft'));
  const resolved = async (canonical: string) => (await backend.resolveCanonical('ValueSet', canonical))?.id;
  assert.equal(await resolved(`${url}|2.0.0`), 'draft');
  assert.equal(await resolved(`${url}|1.9.0`), 'v1');
  assert.equal(await resolved(`${url}|3`), undefined);
  assert.equal(await resolved('http://x.example/other'), undefined);
  await put(valueSet('old', '0.1'));
  assert.notEqual(await resolved(url), 'old');
  await backend.delete({ type: 'ValueSet', id: 'v4' }, everything);
  assert.equal(await resolved(url), 'v2');
});

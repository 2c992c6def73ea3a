/** Which artefact a canonical names, and how long that is remembered. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { everything } from '@affinity/core/fhir/filter.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { createBackend } from '@affinity/store/backend.ts';
import { testDatabase } from '@affinity/store/testing/database.ts';
import { createArtefacts } from './artefacts.ts';

const url = 'http://x.example/ValueSet/colours';
const content = (resource: Resource) => ({ resource, json: JSON.stringify(resource) });

test('M01: without a version the latest active one by business version, 1.9.0 before 1.10.0; with one that one', async (t) => {
  const { pool } = await testDatabase(t);
  const backend = createBackend({ pool, ownBases: [] });
  let now = 0;
  const carried = (of: string, type: string) =>
    of === 'http://hl7.org/fhir/ValueSet/x' ? { resourceType: type, url: of } : undefined;
  const artefacts = createArtefacts({ backend, carried, seconds: 1, most: 10, now: () => now });
  const put = (id: string, version: string, status: string) =>
    backend.create({ type: 'ValueSet', id, content: content({ resourceType: 'ValueSet', id, url, version, status }) });
  await put('a', '1.10.0', 'active');
  await put('b', '1.9.0', 'active');
  await put('c', '2.0.0', 'draft');
  const found = async (canonical: string, type = 'ValueSet') =>
    (await artefacts.find(canonical, type))?.resource.version;
  assert.equal(await found(url), '1.10.0');
  assert.equal(await found(`${url}|1.9.0`), '1.9.0');
  assert.equal(await found(`${url}|2.0.0#part`), '2.0.0');
  assert.equal(await found(`${url}|3`), undefined);
  assert.equal(await found(url, 'CodeSystem'), undefined);
  const standard = await artefacts.find('http://hl7.org/fhir/ValueSet/x', 'ValueSet');
  assert.deepEqual(standard, { resource: { resourceType: 'ValueSet', url: 'http://hl7.org/fhir/ValueSet/x' } });

  const before = await artefacts.find(url, 'ValueSet');
  assert.equal(await artefacts.at('ValueSet', 'a'), before, 'one version is one object');
  await put('d', '1.11.0', 'active');
  assert.equal(await artefacts.find(url, 'ValueSet'), before, 'remembered');
  now = 1000;
  assert.equal(await found(url), '1.11.0', 'another process may have written');
  const edition = artefacts.edition();
  await backend.delete({ type: 'ValueSet', id: 'd' }, everything);
  artefacts.changed();
  assert.notEqual(artefacts.edition(), edition);
  assert.equal(
    await artefacts.find(url, 'ValueSet'),
    before,
    'looked up again, and the same version is the same object',
  );
});

/** M01, M02: canonical resources, each requirement by its id, on real PostgreSQL. FHIR R4 references.html#canonical. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Bundle, clinicFor } from './clinic.ts';

test('M01: a canonical is found by url and by version; without one the latest active by business version', async (t) => {
  const { create, found, backend } = await clinicFor(t);
  const url = 'http://x.example/sets/colours';
  const set = (version: string, status: string) =>
    create({ resourceType: 'ValueSet', url, version, status, name: 'C' });
  const old = await set('1.9.0', 'active');
  const latest = await set('1.10.0', 'active');
  const draft = await set('2.0.0', 'draft');
  assert.deepEqual(await found(`/ValueSet?url=${url}&version=1.9.0`), [old.id]);
  assert.deepEqual(await found(`/ValueSet?url=${url}|1.9.0`), [old.id]);
  assert.deepEqual(await found(`/ValueSet?url=${url}`), [old.id, latest.id, draft.id].sort());
  const resolved = async (canonical: string) => (await backend.resolveCanonical('ValueSet', canonical))?.id;
  assert.equal(await resolved(url), latest.id);
  assert.equal(await resolved(`${url}|1.9.0`), old.id);
  assert.equal(await resolved(`${url}|2.0.0`), draft.id);
  assert.equal(await resolved(`${url}|3`), undefined);
});

test('M02: url and version are there once; what is published does not change but for status and date', async (t) => {
  const { create, ask } = await clinicFor(t);
  const one = { resourceType: 'ValueSet', url: 'http://x.example/s', version: '1', status: 'active', name: 'S' };
  const created = await create(one);
  await ask(409, 'POST', '/ValueSet', one);
  const at = `/ValueSet/${created.id}`;
  await ask(422, 'PUT', at, { ...created, name: 'T' });
  await ask(200, 'PUT', at, { ...created, status: 'retired', date: '2026-01-01' });
  const searched = await ask(200, 'GET', '/ValueSet?url=http://x.example/s');
  assert.equal(((await searched.json()) as Bundle).total, 1);
});

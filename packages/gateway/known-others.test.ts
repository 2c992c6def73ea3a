/** Resources that are in a record through others: judged by these as well, which are read from the foreign system first. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allOf, type Filter } from '@affinity/core/fhir/filter.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { askFor, placesOf } from '@affinity/core/testing/backend-under-test.ts';
import { createSourceBackend } from './source-backend.ts';
import { createMemorySource } from './testing/memory-source.ts';

const ofA: Filter = { kind: 'compartment', patient: 'a' };
const normal: Filter = { kind: 'confidentiality', atMost: 'N' };
const to = (reference: string) => ({ reference });
const restricted = { security: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: 'R' }] };
const under = () => {
  const source = createMemorySource();
  const put = (resource: Resource, id: string) => source.put(resource, id);
  const observation = (patient: string, more: object = {}): Resource => ({
    resourceType: 'Observation',
    status: 'final',
    code: {},
    subject: to(`Patient/${patient}`),
    ...more,
  });
  put({ resourceType: 'Patient' }, 'a');
  put(observation('a'), 'of-a');
  put(observation('a', { meta: restricted }), 'secret');
  put(observation('b'), 'of-b');
  put({ resourceType: 'Binary', contentType: 'text/plain', securityContext: to('Observation/of-a') }, 'text');
  put({ resourceType: 'Binary', contentType: 'text/plain', securityContext: to('Observation/secret') }, 'secret-text');
  put({ resourceType: 'Binary', contentType: 'text/plain' }, 'nobodys');
  const provenance = (id: string, ...targets: readonly string[]) =>
    put({ resourceType: 'Provenance', recorded: '2020-01-01T00:00:00Z', target: targets.map(to) }, id);
  provenance('one', 'Observation/of-a');
  provenance('two', 'Observation/of-a', 'Patient/a');
  provenance('of-text', 'Binary/text');
  provenance('of-secret', 'Observation/of-a', 'Observation/secret');
  provenance('of-both', 'Observation/of-a', 'Observation/of-b');
  provenance('of-none', 'Observation/never');
  return { backend: createSourceBackend({ source, ownBases: [] }), source };
};

test('E57: a Binary is judged through its security context, and a Provenance through all of its targets', async () => {
  const { backend } = under();
  const find = async (text: string, filter: Filter) =>
    placesOf((await backend.searchType(askFor(backend, text), filter)).matches).map((place) => place.split('/')[1]);
  assert.deepEqual(await find('Binary', ofA), ['secret-text', 'text']);
  assert.deepEqual(await find('Provenance', ofA), ['of-secret', 'of-text', 'one', 'two']);
  assert.deepEqual(await find('Provenance?target=Observation/of-a', ofA), ['of-secret', 'one', 'two']);
  for (const [id, kind] of [
    ['text', 'found'],
    ['nobodys', 'absent'],
  ] as const)
    assert.equal((await backend.read({ type: 'Binary', id }, ofA)).kind, kind);
});

test('E57: what speaks of others is as confidential as these, whatever the foreign system labels it', async () => {
  const { backend } = under();
  const filter = allOf([ofA, normal]);
  const read = async (type: string, id: string) => (await backend.read({ type, id }, filter)).kind;
  assert.equal(await read('Observation', 'secret'), 'absent');
  assert.equal(await read('Binary', 'secret-text'), 'absent');
  assert.equal(await read('Provenance', 'of-secret'), 'absent');
  assert.equal(await read('Provenance', 'one'), 'found');
});

test('the resources that one is in a record through are asked for together, and only for such types', async () => {
  const { backend, source } = under();
  await backend.searchType(askFor(backend, 'Provenance'), ofA);
  assert.deepEqual(
    source.asked.map(({ type, clauses }) => `${type}?${clauses.map(({ param }) => param)}`),
    ['Provenance?', 'Observation?_id'],
  );
});

test('E20: whose record resources are is told by what they hold now', async () => {
  const { backend } = under();
  const owners = await backend.ownersOf?.([
    { type: 'Provenance', id: 'of-text' },
    { type: 'Provenance', id: 'of-both' },
    { type: 'Binary', id: 'text' },
    { type: 'Observation', id: 'never' },
  ]);
  assert.deepEqual(Object.fromEntries(owners ?? []), {
    'Provenance/of-text': ['a'],
    'Provenance/of-both': [],
    'Binary/text': ['a'],
  });
});

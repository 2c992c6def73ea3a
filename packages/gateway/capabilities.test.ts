/** What is offered of a foreign system is what there are means for. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TypeCapability } from '@affinity/core/fhir/backend.ts';
import { everything } from '@affinity/core/fhir/filter.ts';
import { FhirError } from '@affinity/core/fhir/outcome.ts';
import type { SearchQuery } from '@affinity/core/fhir/search-query.ts';
import { placesOf } from '@affinity/core/testing/backend-under-test.ts';
import { standardCapabilities } from '@affinity/core/testing/memory-capability.ts';
import { createSourceBackend } from './source-backend.ts';
import { createMemorySource } from './testing/memory-source.ts';

const of = (type: string, interactions: TypeCapability['interactions'], params: readonly string[]): TypeCapability => ({
  type,
  interactions,
  sort: [],
  searchParams: (standardCapabilities.find((one) => one.type === type)?.searchParams ?? []).filter(({ name }) =>
    params.includes(name),
  ),
});
const capabilities: readonly TypeCapability[] = [
  of('Patient', ['read', 'search-type', 'update', 'history-type'], ['_id', 'identifier']),
  of('Observation', ['read', 'vread', 'search-type'], ['patient', 'code']),
  of('Practitioner', ['read'], []),
  of('Provenance', ['read', 'search-type'], ['target', 'patient']),
  of('Condition', ['search-type'], ['patient']),
];
const under = () => {
  const source = createMemorySource({ capabilities });
  source.put({ resourceType: 'Patient' }, 'a');
  source.put({ resourceType: 'Practitioner', name: [{ family: 'P' }] }, 'p');
  const subject = { subject: { reference: 'Patient/a' } };
  const performer = [{ reference: 'Practitioner/p' }];
  source.put({ resourceType: 'Observation', status: 'final', code: {}, ...subject, performer }, 'o');
  source.put(
    { resourceType: 'Provenance', recorded: '2020-01-01T00:00:00Z', target: [{ reference: 'Observation/o' }] },
    'v',
  );
  return { source, backend: createSourceBackend({ source, ownBases: [] }) };
};
const query = (type: string, more: Partial<SearchQuery>): SearchQuery => ({
  type,
  clauses: [],
  count: 10,
  sort: [],
  total: 'none',
  understood: [],
  ...more,
});
const isNotSupported = (error: unknown): boolean =>
  error instanceof FhirError && error.status === 400 && error.issues[0]?.code === 'not-supported';

test('A21: what cannot be read is not offered, nor what there are no means for; a patch is where an update is', () => {
  const { backend } = under();
  assert.deepEqual(
    backend.capabilities.map(({ type, interactions }) => [type, ...interactions]),
    [
      ['Patient', 'read', 'search-type', 'update', 'patch'],
      ['Observation', 'read', 'vread', 'search-type'],
      ['Practitioner', 'read'],
      ['Provenance', 'read', 'search-type'],
    ],
  );
  assert.equal(backend.capabilities, backend.capabilities, 'the same array as long as nothing has changed');
});

test('A21: includes are of the references that the source finds by, and lead to types that they may point to', () => {
  const { backend } = under();
  const listed = (type: string) => backend.capabilities.find((one) => one.type === type);
  assert.deepEqual(listed('Observation')?.includes, ['Observation:patient']);
  assert.deepEqual(listed('Patient')?.revIncludes, ['Observation:patient', 'Provenance:patient', 'Provenance:target']);
  assert.deepEqual(listed('Practitioner')?.revIncludes, ['Provenance:target']);
});

test('E41: a chain through a type that cannot be searched for is refused in plain words', async () => {
  const { backend } = under();
  const joins = [{ kind: 'chain' as const, param: 'performer', targets: [{ type: 'Practitioner', clauses: [] }] }];
  const asked = backend.searchType(query('Observation', { joins }), everything, { chained: () => everything });
  await assert.rejects(asked, isNotSupported);
});

test('E55: everything holds the record, the shared resources it refers to, and what is in the record through it', async () => {
  const { backend, source } = under();
  source.put({ resourceType: 'Patient' }, 'b');
  const types = ['Patient', 'Observation', 'Practitioner', 'Provenance'];
  const result = await backend.everything?.({ patient: 'a', types, count: 10 }, () => everything);
  assert.deepEqual(placesOf(result?.matches), ['Patient/a', 'Observation/o']);
  assert.deepEqual(placesOf(result?.included), ['Practitioner/p', 'Provenance/v']);
  for (const { type, clauses } of source.asked.filter((one) => one.type !== 'Provenance'))
    assert.equal(clauses.length, 1, `${type} is asked for within the record only`);
});

test('a search of several types is sorted by what all of them have alike, and by nothing else', async () => {
  const { backend } = under();
  const sort = [{ param: '_tag', descending: false }];
  const asked = backend.searchSystem?.({ ...query('', { sort }), types: ['Patient'] }, () => everything);
  await assert.rejects(asked ?? Promise.resolve(), isNotSupported);
});

test('a page that was never given out is refused', async () => {
  const { backend } = under();
  for (const cursor of ['', 'null', '"x"', '{'])
    await assert.rejects(
      backend.searchType(query('Patient', { cursor }), everything),
      (error) => error instanceof FhirError && error.status === 400,
    );
});

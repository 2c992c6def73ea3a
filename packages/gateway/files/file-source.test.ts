/** Records that came as files pass the suite that every Backend runs, as far as it reads. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ExactObject, isExactObject, parseExact } from '@affinity/core/fhir/exact-json.ts';
import { everything } from '@affinity/core/fhir/filter.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { resourceTypes } from '@affinity/core/fhir/resource-type.ts';
import { describeBackend } from '@affinity/core/testing/backend.ts';
import { evaluate } from '@affinity/policy/filter.ts';
import { testDatabase } from '@affinity/store/testing/database.ts';
import type { Pool } from 'pg';
import { createSourceBackend } from '../source-backend.ts';
import { createFileSource } from './file-source.ts';
import type { RecordChange } from './record-change.ts';
import { applyChange, removeRecord } from './records.ts';
import { inTransaction } from './transaction.ts';

const elementsOf = (resource: Resource): ExactObject => {
  const tree = parseExact(JSON.stringify(resource));
  assert.ok(isExactObject(tree));
  const { resourceType: _, id: __, ...elements } = tree;
  return elements;
};
const put = (pool: Pool, resource: Resource, id: string, more: Partial<RecordChange> & { saidAt?: number } = {}) => {
  const { saidAt = 1, ...change } = more;
  return inTransaction(pool, (client) =>
    applyChange(
      // The suite's resources say only what a search needs.
      { client, server: 'files', now: Date.now(), check: () => {} },
      { type: resource.resourceType, id, elements: elementsOf(resource), says: 'whole', mayMove: true, ...change },
      { saidAt },
    ),
  );
};

describeBackend('records that came as files behind the gateway', async () => {
  const { pool, close } = await testDatabase();
  const source = createFileSource({ pool, server: 'files', types: resourceTypes });
  return {
    backend: createSourceBackend({ source, ownBases: [] }),
    evaluate,
    share: 0.25,
    keepsCanonicals: false,
    fill: {
      put: async (resource, id) => {
        await put(pool, resource, id);
      },
      remove: async (type, id) => {
        await inTransaction(pool, (client) =>
          removeRecord({ client, server: 'files', now: Date.now() }, { type, id }, { saidAt: 1 }),
        );
      },
    },
    close,
  };
});

const glucose = (value: number, patient = '1'): Resource => ({
  resourceType: 'Observation',
  status: 'final',
  code: { coding: [{ system: 'http://loinc.org', code: '2345-7' }] },
  subject: { reference: `Patient/${patient}` },
  valueQuantity: { value },
});

test('nothing acknowledged is lost: what was said earlier does not take the place of what was said later', async (t) => {
  const { pool } = await testDatabase(t);
  const source = createFileSource({ pool, server: 'files', types: ['Observation'] });
  const at = { type: 'Observation', id: 'o' };
  const value = async (): Promise<unknown> => {
    const read = await source.read(at);
    return read.kind === 'found' ? [read.version.versionId, read.version.resource.valueQuantity] : read.kind;
  };
  assert.equal(await put(pool, glucose(1), 'o', { saidAt: 1000 }), 'written');
  assert.equal(await put(pool, glucose(1), 'o', { saidAt: 3000 }), 'same');
  assert.equal(await put(pool, glucose(2), 'o', { saidAt: 2000 }), 'older');
  assert.deepEqual(await value(), ['1', { value: 1 }]);
  assert.equal(await put(pool, glucose(3), 'o', { saidAt: 3000 }), 'written');
  assert.deepEqual(await value(), ['2', { value: 3 }]);
  assert.equal(await put(pool, glucose(4), 'o', { says: 'mention', saidAt: 9000 }), 'same');
  assert.deepEqual(await value(), ['2', { value: 3 }]);
  assert.equal((await source.vread?.({ ...at, versionId: '1' }))?.kind, 'found');
});

test('compartment: no message takes a record from one patient to another', async (t) => {
  const { pool } = await testDatabase(t);
  const source = createFileSource({ pool, server: 'files', types: ['Observation'] });
  await put(pool, glucose(1, '1'), 'o');
  await assert.rejects(put(pool, glucose(1, '2'), 'o', { mayMove: false }), { name: 'Refused' });
  const read = await source.read({ type: 'Observation', id: 'o' });
  assert.ok(read.kind === 'found');
  assert.deepEqual(read.version.resource.subject, { reference: 'Patient/1' });
});

test('what is not spoken of stays, and what is said to be empty goes', async (t) => {
  const { pool } = await testDatabase(t);
  const source = createFileSource({ pool, server: 'files', types: ['Patient'] });
  const patient = (more: object): Resource => ({ resourceType: 'Patient', ...more });
  await put(pool, patient({ gender: 'female', birthDate: '1970-01-01', active: false }), 'p', { says: 'mention' });
  await put(pool, patient({ birthDate: '1970-02-01' }), 'p', { says: 'part', emptied: ['gender', 'birthDate'] });
  const read = await source.read({ type: 'Patient', id: 'p' });
  assert.ok(read.kind === 'found');
  const { meta: _, ...rest } = read.version.resource;
  assert.deepEqual(rest, { resourceType: 'Patient', id: 'p', birthDate: '1970-02-01', active: false });
});

test('a record that is gone is gone with its versions kept, and can come back', async (t) => {
  const { pool } = await testDatabase(t);
  const backend = createSourceBackend({
    source: createFileSource({ pool, server: 'files', types: ['Observation'] }),
    ownBases: [],
  });
  const at = { type: 'Observation', id: 'o' };
  await put(pool, glucose(1), 'o');
  await inTransaction(pool, (client) => removeRecord({ client, server: 'files', now: 5 }, at, { saidAt: 2 }));
  assert.equal((await backend.read(at, everything)).kind, 'deleted');
  const query = { type: 'Observation', clauses: [], sort: [], count: 10, total: 'none', understood: [] } as const;
  assert.deepEqual((await backend.searchType(query, everything)).matches, []);
  await put(pool, glucose(1), 'o', { saidAt: 3 });
  const history = await backend.historyInstance({ ...at, page: { count: 10 } }, everything);
  assert.ok(history.kind === 'history');
  assert.deepEqual(
    history.entries.map(({ method, version }) => [method, version.versionId]),
    [
      ['PUT', '3'],
      ['DELETE', '2'],
      ['POST', '1'],
    ],
  );
});

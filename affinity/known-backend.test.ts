/** What is not known yet is not there for nobody: it cannot be asked. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BackendUnavailable } from '@affinity/core/fhir/backend.ts';
import { everything } from '@affinity/core/fhir/filter.ts';
import { createMemoryBackend } from '@affinity/core/testing/memory-backend.ts';
import { evaluate } from '@affinity/policy/filter.ts';
import { whileKnown } from './known-backend.ts';
import type { UpstreamState } from './opened-upstream.ts';

test('E82: before a foreign system has said what it is, everything is "not now"; then it is asked', async () => {
  let state: UpstreamState = 'unknown';
  const memory = createMemoryBackend({ ownBases: ['http://localhost:4000/fhir'], now: Date.now, evaluate });
  const backend = whileKnown(memory, () => state);
  const at = { type: 'Patient', id: 'p' };
  const query = { type: 'Patient', clauses: [], sort: [], count: 1, total: 'none', understood: [] } as const;
  await assert.rejects(backend.read(at, everything), BackendUnavailable);
  await assert.rejects(backend.searchType(query, everything), BackendUnavailable);
  await assert.rejects(backend.historyInstance({ ...at, page: { count: 1 } }, everything), BackendUnavailable);
  state = 'up';
  assert.deepEqual(await backend.read(at, everything), { kind: 'absent' });
  assert.deepEqual((await backend.searchType(query, everything)).matches, []);
});

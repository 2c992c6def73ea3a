/** The store passes core's conformance suite for Backends, its Filter in SQL held against policy's in memory. */
import { describeBackend } from '@affinity/core/testing/backend.ts';
import { evaluate } from '@affinity/policy/filter.ts';
import { createBackend } from '@affinity/store/backend.ts';
import { testDatabase } from '@affinity/store/testing/database.ts';

describeBackend('the store', async () => {
  const { pool, close } = await testDatabase();
  return { backend: createBackend({ pool, ownBases: ['http://localhost:4000/fhir'] }), evaluate, close };
});

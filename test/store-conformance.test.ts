/** The store passes core's conformance suite for Backends, its Filter in SQL held against policy's in memory. */
import { describeBackend } from '@affinity/core/testing/backend.ts';
import { evaluate } from '@affinity/policy/filter.ts';
import { createBackend } from '@affinity/store/backend.ts';
import { createSharedConnection } from '@affinity/store/postgres/shared-connection.ts';
import { testDatabase } from '@affinity/store/testing/database.ts';

describeBackend('the store', async () => {
  const { pool, close } = await testDatabase();
  return { backend: createBackend({ pool, ownBases: ['http://localhost:4000/fhir'] }), evaluate, close };
});

/** As the domain runs it: what is read by id shares one connection. */
describeBackend('the store with a shared connection', async () => {
  const { pool, url, close } = await testDatabase();
  const shared = createSharedConnection({ url, onError: () => {} });
  return {
    backend: createBackend({ pool, shared, ownBases: ['http://localhost:4000/fhir'] }),
    evaluate,
    close: async () => {
      await shared.close();
      await close();
    },
  };
});

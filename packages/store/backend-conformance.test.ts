/** The store passes the suite that every Backend runs. */
import { describeBackend } from '@affinity/core/testing/backend.ts';
import { evaluate } from '@affinity/policy/filter.ts';
import { createBackend } from './backend.ts';
import { testDatabase } from './testing/database.ts';

describeBackend('PostgreSQL', async () => {
  const { pool, close } = await testDatabase();
  return { backend: createBackend({ pool, ownBases: [] }), evaluate, close };
});

/** The gateway's Backend passes the suite that every Backend runs, over a foreign system in memory. */
import { describeBackend } from '@affinity/core/testing/backend.ts';
import { evaluate } from '@affinity/policy/filter.ts';
import { createSourceBackend } from './source-backend.ts';
import { createMemorySource } from './testing/memory-source.ts';

describeBackend('a foreign system in memory behind the gateway', async () => ({
  backend: createSourceBackend({ source: createMemorySource(), ownBases: [] }),
  evaluate,
  keepsCanonicals: false,
  close: async () => {},
}));

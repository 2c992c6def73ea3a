/** The suite itself: the backend in memory passes it. */
import { evaluate } from '@affinity/policy/filter.ts';
import { describeBackend } from './backend.ts';
import { createMemoryBackend } from './memory-backend.ts';

describeBackend('memory', async () => ({
  backend: createMemoryBackend({ evaluate }),
  evaluate,
  close: async () => {},
}));

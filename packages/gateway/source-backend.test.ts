/** The gateway's Backend passes the suite that every Backend runs, over foreign systems in memory that can more and less. */
import { describeBackend } from '@affinity/core/testing/backend.ts';
import { standardCapabilities } from '@affinity/core/testing/memory-capability.ts';
import { evaluate } from '@affinity/policy/filter.ts';
import { createSourceBackend } from './source-backend.ts';
import { createMemorySource } from './testing/memory-source.ts';

const under = (source: ReturnType<typeof createMemorySource>) => ({
  backend: createSourceBackend({ source, ownBases: [] }),
  evaluate,
  share: 0.25,
  keepsCanonicals: false as const,
  tellsVersionsWithin: false as const,
  close: async () => {},
});

/** It takes long to try all. */
const fewSorts = standardCapabilities.map((one) => ({ ...one, sort: ['_lastUpdated', '_id', 'date'] }));

describeBackend('a foreign system behind the gateway', async () => ({ ...under(createMemorySource()), share: 1 }));

describeBackend('one that is only read, and keeps no versions,', async () => {
  const source = createMemorySource({ history: false, writes: false, capabilities: fewSorts });
  const put = async (...given: Parameters<typeof source.put>) => source.put(...given);
  const remove = async (...given: Parameters<typeof source.remove>) => source.remove(...given);
  return { ...under(source), fill: { put, remove } };
});

describeBackend('one with small pages that repeat themselves and passes over most parameters', async () =>
  under(
    createMemorySource({
      capabilities: fewSorts,
      pageSize: () => 7,
      repeats: true,
      liesOfNext: true,
      ignores: (param) => param !== '_id' && param !== 'patient',
    }),
  ),
);

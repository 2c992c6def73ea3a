/** A Backend that tells of what is written through it, so that what was derived from it before is not trusted any longer. */
import type { StoreBackend } from '@affinity/store/backend.ts';

export const noticedWrites = (backend: StoreBackend, changed: () => void): StoreBackend =>
  Object.defineProperties(
    {
      ...backend,
      create: (...given) => backend.create(...given).finally(changed),
      update: (...given) => backend.update(...given).finally(changed),
      delete: (...given) => backend.delete(...given).finally(changed),
      transact: (...given) => backend.transact(...given).finally(changed),
    } as StoreBackend,
    {
      capabilities: { enumerable: true, get: () => backend.capabilities },
      parameters: { enumerable: true, get: () => backend.parameters },
    },
  );

/** All of several writes or none: judged one by one, staged, and sent in one request of the foreign system. FHIR R4 http.html#transaction. */
import type { Backend } from '@affinity/core/fhir/backend.ts';
import { fhirError } from '@affinity/core/fhir/outcome.ts';
import { createInteractions, type InteractionsOptions } from './interactions.ts';
import { createLocks, type Locks } from './locks.ts';
import { signalOf } from './request-context.ts';
import { createStagedSource } from './staged-source.ts';

export const createTransact = (
  options: Omit<InteractionsOptions, 'inTurn'>,
  lock: Locks = createLocks(),
): Pick<Backend, 'transact'> => {
  const { source, limits } = options;
  const { writer } = source;
  if (writer?.transact === undefined) return {};
  const send: NonNullable<typeof writer.transact> = (staged) =>
    writer.transact?.(staged) ?? Promise.resolve('conflict');
  const { confirm } = createInteractions({ ...options, inTurn: createLocks() });
  return {
    transact: (work, hold, _readsDecide, given) =>
      lock(hold, async () => {
        const signal = signalOf(given);
        for (let attempt = 0; attempt < limits.attempts; attempt += 1) {
          signal?.throwIfAborted();
          const staged = createStagedSource(source);
          const { interactions } = createInteractions({ ...options, source: staged, inTurn: createLocks() });
          const result = await work(interactions);
          signal?.throwIfAborted();
          if (await staged.commit(send, confirm)) return result;
        }
        throw fhirError(409, 'conflict', 'the records were changed meanwhile; the request can be sent again');
      }),
  };
};

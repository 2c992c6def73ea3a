/**
 * Search parameters that are active in the registry work at the clinic: looked for now and then, since another process may
 * load a package. FHIR R4 searchparameter.html; docs/decisions/0036-the-registry.md.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { activeParameters, giveParameters, parameterGeneration } from '@affinity/store/given-parameters.ts';
import type pg from 'pg';
import type { Log } from './log.ts';

export interface ParametersNeighbours {
  /** of the registry's records, and of the clinic's */
  readonly from: pg.Pool;
  readonly to: pg.Pool;
  readonly log: Log;
  /** milliseconds between two looks; 2,000 unless told */
  readonly pollMs?: number;
}

export const followParameters = ({ from, to, log, pollMs = 2_000 }: ParametersNeighbours) => {
  const closing = new AbortController();
  let known: number | undefined;
  const look = async (): Promise<void> => {
    const generation = await parameterGeneration(from);
    if (generation === known) return;
    const changed = await giveParameters(to, await activeParameters(from));
    known = generation;
    if (changed) log('the search parameters of the registry were given to the clinic');
  };
  const lookSafely = (): Promise<void> =>
    look().catch((error: unknown) =>
      log('the search parameters of the registry were not given', {
        error: error instanceof Error ? error.name : typeof error,
      }),
    );
  const run = async (first: Promise<void>): Promise<void> => {
    for (let next = first; ; next = lookSafely()) {
      await next;
      await sleep(pollMs, undefined, { signal: closing.signal }).catch(() => {});
      if (closing.signal.aborted) return;
    }
  };
  const looked = lookSafely();
  const running = run(looked);
  return {
    /** once what is active now has been given */
    looked,
    stop: async (): Promise<void> => {
      closing.abort();
      await running;
    },
  };
};

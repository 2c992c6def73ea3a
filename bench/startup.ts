/** How long the domain takes to be ready, on an empty directory and on an existing one, and what it holds in memory. */
import { freePort, makeDirectory, removeDirectory, startDomain } from '../test/journeys/domain.ts';
import { type Memory, memoryOf } from './processes.ts';

export interface StartupFigures {
  readonly emptySeconds: readonly number[];
  readonly existingSeconds: readonly number[];
  /** resident memory of the server and its PostgreSQL after each */
  readonly emptyMemory: readonly Memory[];
  readonly existingMemory: readonly Memory[];
}

export const measureStartup = async (runs: number): Promise<StartupFigures> => {
  const figures = {
    emptySeconds: [] as number[],
    existingSeconds: [] as number[],
    emptyMemory: [] as Memory[],
    existingMemory: [] as Memory[],
  };
  for (let run = 0; run < runs; run++) {
    const directory = makeDirectory();
    const port = await freePort();
    try {
      for (const when of ['empty', 'existing'] as const) {
        const began = performance.now();
        const domain = await startDomain({ directory, port, env: { AFFINITY_DEMO_PATIENTS: '100' } });
        figures[`${when}Seconds`].push((performance.now() - began) / 1000);
        figures[`${when}Memory`].push(memoryOf(domain.process.pid ?? 0));
        await domain.stop();
      }
    } finally {
      removeDirectory(directory);
    }
  }
  return figures;
};

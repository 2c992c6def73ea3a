/** How long the domain takes to be ready, on an empty directory and on an existing one, and what it holds in memory. */
import { readdirSync, readFileSync } from 'node:fs';
import { freePort, makeDirectory, removeDirectory, startDomain } from '../test/journeys/domain.ts';

export interface StartupFigures {
  readonly emptySeconds: readonly number[];
  readonly existingSeconds: readonly number[];
  /** resident memory of the server and its PostgreSQL, in MB, after each */
  readonly emptyMegabytes: readonly number[];
  readonly existingMegabytes: readonly number[];
}

/** Linux only: reads /proc. */
export const measureStartup = async (runs: number): Promise<StartupFigures> => {
  const figures = {
    emptySeconds: [] as number[],
    existingSeconds: [] as number[],
    emptyMegabytes: [] as number[],
    existingMegabytes: [] as number[],
  };
  for (let run = 0; run < runs; run++) {
    const directory = makeDirectory();
    const port = await freePort();
    try {
      for (const when of ['empty', 'existing'] as const) {
        const began = performance.now();
        const domain = await startDomain({ directory, port, env: { AFFINITY_DEMO_PATIENTS: '100' } });
        figures[`${when}Seconds`].push((performance.now() - began) / 1000);
        figures[`${when}Megabytes`].push(residentMegabytes(domain.process.pid ?? 0));
        await domain.stop();
      }
    } finally {
      removeDirectory(directory);
    }
  }
  return figures;
};

/**
 * The process and all that descend from it. Shared memory counts once: what is anonymous is summed over the processes,
 * and of what is shared (PostgreSQL's buffers, programs) the proportional share (PSS) is taken.
 */
const residentMegabytes = (root: number): number => {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const parent = /\) \S (\d+)/.exec(read(`/proc/${name}/stat`))?.[1];
    if (parent !== undefined) parents.set(Number(name), Number(parent));
  }
  const belongs = (pid: number): boolean => {
    for (let at: number | undefined = pid; at !== undefined && at > 1; at = parents.get(at))
      if (at === root) return true;
    return false;
  };
  let kilobytes = 0;
  for (const pid of parents.keys()) {
    if (!belongs(pid)) continue;
    kilobytes += Number(/^Pss:\s+(\d+)/m.exec(read(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0);
  }
  return kilobytes / 1024;
};

const read = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // the process ended meanwhile
  }
};

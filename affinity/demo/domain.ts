/** Whether the demonstration domain is set up in a database, and its setting up, once. */
import { fork } from 'node:child_process';
import { join } from 'node:path';
import type pg from 'pg';
import { recall } from './begun.ts';
import type { PreparationNews, PreparationTask } from './set-up.ts';
import { addMissingPeople } from './sign-ins.ts';

interface DemonstrationNeighbours {
  readonly pool: pg.Pool;
  /** of the same database, for the process that sets the demonstration up */
  readonly url: string;
  readonly ownBases: readonly string[];
  readonly patients: number;
  readonly now: () => Date;
  readonly onProgress: (taken: number) => void;
}

/** Nothing is done where it was done before, but for people who came to the demonstration since. */
const prepareDemonstration = async (neighbours: DemonstrationNeighbours): Promise<void> => {
  const { pool, url, ownBases, patients, now, onProgress } = neighbours;
  if ((await recall(pool, 'demonstration-done')) !== undefined) {
    await addMissingPeople(pool);
    return;
  }
  await runPreparation({ url, ownBases, patients, now: now().getTime() }, onProgress);
};

/** Begins to make it, where somebody wants one. */
export const beginDemonstration = (
  neighbours: Omit<DemonstrationNeighbours, 'patients' | 'onProgress'>,
  patients: number | undefined,
): { done(print: (text: string) => void): Promise<void> } => {
  if (patients === undefined) return { done: async () => {} };
  const begun = Promise.withResolvers<void>();
  const work = prepareDemonstration({ ...neighbours, patients, onProgress: () => begun.resolve() });
  // Whoever waits for it is told.
  work.catch(() => {});
  return {
    done: async (print) => {
      void begun.promise.then(() => print(`Making the demonstration: ${patients} synthetic patients …`));
      await work;
    },
  };
};

/** A process of its own: what it takes to make a hundred records is not held for as long as the domain runs. */
const runPreparation = (task: PreparationTask, onProgress: (taken: number) => void): Promise<void> =>
  new Promise((resolve, reject) => {
    const child = fork(join(import.meta.dirname, 'preparation.ts'));
    let end: PreparationNews | undefined;
    child.on('message', (message) => {
      const news = message as PreparationNews;
      if (news.kind === 'progress') onProgress(news.taken);
      else end = news;
    });
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      if (end?.kind === 'done') resolve();
      else if (end?.kind === 'failed') reject(new Error(end.message));
      else reject(new Error(`Setting the demonstration up ended with ${signal ?? code}.`));
    });
    child.send(task);
  });

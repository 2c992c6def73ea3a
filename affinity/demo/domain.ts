/** Whether the demonstration domain is set up in a database, and its setting up, once. */
import { fork } from 'node:child_process';
import { join } from 'node:path';
import type pg from 'pg';
import type { PreparationNews, PreparationTask } from './set-up.ts';

export interface DemonstrationNeighbours {
  readonly pool: pg.Pool;
  /** of the same database, for the process that sets the demonstration up */
  readonly url: string;
  readonly ownBases: readonly string[];
  readonly patients: number;
  readonly now: () => Date;
  readonly onProgress: (taken: number) => void;
}

/** What the first start settled. */
export interface Begun {
  readonly seed: number;
  readonly today: string;
  readonly patients: number;
}

/** Nothing is done where it was done before. */
export const prepareDemonstration = async (neighbours: DemonstrationNeighbours): Promise<void> => {
  const { pool, url, ownBases, patients, now, onProgress } = neighbours;
  if ((await recall(pool, 'demonstration-done')) !== undefined) return;
  await runPreparation({ url, ownBases, patients, now: now().getTime() }, onProgress);
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

/** The seed and the day of the demonstration in this database, if there is one: more of its people fit to them. */
export const demonstrationOf = async (pool: pg.Pool): Promise<Partial<Begun>> =>
  ((await recall(pool, 'demonstration-begun')) as Begun | undefined) ?? {};

const recall = async (pool: pg.Pool, name: string): Promise<unknown> => {
  const { rows } = await pool.query<{ value: unknown }>('select value from domain_fact where name = $1', [name]);
  return rows[0]?.value;
};

/** @returns what is remembered: what was there before, where there was something */
export const remember = async (pool: pg.Pool, name: string, value: Begun): Promise<Begun> => {
  const { rows } = await pool.query<{ value: Begun }>(
    `insert into domain_fact (name, value) values ($1, $2)
     on conflict (name) do update set value = domain_fact.value returning value`,
    [name, JSON.stringify(value)],
  );
  return rows[0]?.value ?? value;
};

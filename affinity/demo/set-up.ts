/**
 * Sets the demonstration domain up: sample people and synthetic records. It may be killed at any moment: the next start
 * goes on with the same seed and the same day, and what is there already stays.
 */
import type { People } from '@affinity/authorization-server/people.ts';
import { importResources } from '@affinity/store/import.ts';
import type pg from 'pg';
import { remember, seed } from './begun.ts';
import { generatePopulation } from './population.ts';
import { addSamplePeople } from './sign-ins.ts';

/** What the process that does it is told, and what it tells. */
export interface PreparationTask {
  readonly url: string;
  readonly ownBases: readonly string[];
  readonly patients: number;
  /** epoch milliseconds */
  readonly now: number;
}
export type PreparationNews =
  | { readonly kind: 'progress'; readonly taken: number }
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly message: string };

export interface SetUpNeighbours {
  readonly pool: pg.Pool;
  readonly people: People;
  readonly ownBases: readonly string[];
  readonly patients: number;
  readonly now: Date;
  readonly onProgress: (taken: number) => void;
}

/** @throws Error when a record was refused: ours are sound, so something is wrong with the database or with them */
export const setUp = async ({ pool, people, ownBases, patients, now, onProgress }: SetUpNeighbours): Promise<void> => {
  const begun = await remember(pool, 'demonstration-begun', { seed, today: now.toISOString().slice(0, 10), patients });
  const adding = addSamplePeople(people);
  const importing = importResources(pool, generatePopulation(begun), {
    ownBases,
    mode: 'keep',
    onProgress: ({ taken }) => onProgress(taken),
  });
  const [summary] = await Promise.all([importing, adding]);
  if (summary.refused.length > 0) {
    throw new Error(`The demonstration's own records were refused: ${summary.refused[0]?.reason}`);
  }
  await remember(pool, 'demonstration-done', begun);
};

/**
 * Sets the demonstration domain up: sample people and synthetic records. It may be killed at any moment: the next start
 * goes on with the same seed and the same day, and what is there already stays.
 */
import type { People } from '@affinity/authorization-server/people.ts';
import { importResources } from '@affinity/store/import.ts';
import type pg from 'pg';
import { samplePeople } from './people.ts';
import { generatePopulation } from './population.ts';

export interface DemonstrationNeighbours {
  readonly pool: pg.Pool;
  readonly people: People;
  readonly ownBases: readonly string[];
  readonly patients: number;
  readonly now: () => Date;
  readonly onProgress: (taken: number) => void;
}

/** The records are those of this seed, so that everybody's demonstration tells the same stories. */
const seed = 2026;

/** What the first start settled. */
export interface Begun {
  readonly seed: number;
  readonly today: string;
  readonly patients: number;
}

/** Nothing is done where it was done before. */
export const prepareDemonstration = async (neighbours: DemonstrationNeighbours): Promise<void> => {
  const { pool, people, ownBases, now, onProgress } = neighbours;
  if ((await recall(pool, 'demonstration-done')) !== undefined) return;
  const fresh: Begun = { seed, today: now().toISOString().slice(0, 10), patients: neighbours.patients };
  const begun = await remember(pool, 'demonstration-begun', fresh);
  const adding = Promise.all(
    samplePeople.map(({ username, password, name, fhirUser, patients }) =>
      people.add({ username, password, name, fhirUser, patients }),
    ),
  );
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

/** The seed and the day of the demonstration in this database, if there is one: more of its people fit to them. */
export const demonstrationOf = async (pool: pg.Pool): Promise<Partial<Begun>> =>
  ((await recall(pool, 'demonstration-begun')) as Begun | undefined) ?? {};

const recall = async (pool: pg.Pool, name: string): Promise<unknown> => {
  const { rows } = await pool.query<{ value: unknown }>('select value from domain_fact where name = $1', [name]);
  return rows[0]?.value;
};

/** @returns what is remembered: what was there before, where there was something */
const remember = async (pool: pg.Pool, name: string, value: Begun): Promise<Begun> => {
  const { rows } = await pool.query<{ value: Begun }>(
    `insert into domain_fact (name, value) values ($1, $2)
     on conflict (name) do update set value = domain_fact.value returning value`,
    [name, JSON.stringify(value)],
  );
  return rows[0]?.value ?? value;
};

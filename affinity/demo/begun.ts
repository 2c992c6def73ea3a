/** What a database remembers of its demonstration, so that a start that was cut short goes on where it was. */
import type pg from 'pg';

/** What the first start settled. */
export interface Begun {
  readonly seed: number;
  readonly today: string;
  readonly patients: number;
}

export type Step = 'demonstration-begun' | 'demonstration-done';

/** The records are those of this seed, so that everybody's demonstration tells the same stories. */
export const seed = 2026;

/** The seed and the day of the demonstration in this database, if there is one: more of its people fit to them. */
export const demonstrationOf = async (pool: pg.Pool): Promise<Partial<Begun>> =>
  ((await recall(pool, 'demonstration-begun')) as Begun | undefined) ?? {};

export const recall = async (pool: pg.Pool, name: Step): Promise<unknown> => {
  const { rows } = await pool.query<{ value: unknown }>('select value from domain_fact where name = $1', [name]);
  return rows[0]?.value;
};

/** @returns what is remembered: what was there before, where there was something */
export const remember = async (pool: pg.Pool, name: Step, value: Begun): Promise<Begun> => {
  const { rows } = await pool.query<{ value: Begun }>(
    `insert into domain_fact (name, value) values ($1, $2)
     on conflict (name) do update set value = domain_fact.value returning value`,
    [name, JSON.stringify(value)],
  );
  return rows[0]?.value ?? value;
};

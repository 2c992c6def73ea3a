/**
 * Who does not want it known where their documents are: to the locator they are nobody, whoever asks. What they said is kept,
 * nothing is removed, and what they take back holds again at once. IHE PCF; the patient's own word on existence.
 */
import type pg from 'pg';

export interface OptOuts {
  has(person: string): Promise<boolean>;
  /** all of them, for a question that names nobody */
  all(): Promise<readonly string[]>;
  /** @param by who said so, as the audit log knows them */
  add(person: string, by: string): Promise<void>;
  remove(person: string): Promise<void>;
}

/** @param pool of connections that find the main schema */
export const createOptOuts = (pool: pg.Pool): OptOuts => ({
  has: async (person) => (await pool.query('select from locator_opt_out where person = $1', [person])).rows.length > 0,
  all: async () =>
    (await pool.query<{ person: string }>('select person from locator_opt_out order by person')).rows.map(
      (row) => row.person,
    ),
  add: async (person, by) => {
    await pool.query('insert into locator_opt_out (person, said_by) values ($1, $2) on conflict do nothing', [
      person,
      by,
    ]);
  },
  remove: async (person) => {
    await pool.query('delete from locator_opt_out where person = $1', [person]);
  },
});

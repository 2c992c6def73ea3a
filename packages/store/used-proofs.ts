/** Proofs of possession that were used, known to every process of the domain. RFC 9449 §11.1. */
import type pg from 'pg';

/** Whether this proof is new: one statement, so that of several at once exactly one is told so. */
export const createUsedProofs =
  (pool: pg.Pool) =>
  async (id: Uint8Array, until: Date): Promise<boolean> => {
    const { rowCount } = await pool.query(
      'insert into used_proof (id, expires_at) values ($1, $2) on conflict (id) do nothing',
      [id, until],
    );
    return rowCount === 1;
  };

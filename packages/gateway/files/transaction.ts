/** A transaction that always ends (PostgreSQL 18 documentation, 3.4). */
import type { Pool, PoolClient } from 'pg';

/** Committed when `work` resolves, rolled back when it rejects; a connection whose state is not known is closed. */
export const inTransaction = async <Result>(
  pool: Pool,
  work: (client: PoolClient) => Promise<Result>,
): Promise<Result> => {
  const client = await pool.connect();
  let broken = true;
  try {
    await client.query('begin');
    const result = await work(client);
    await client.query('commit');
    broken = false;
    return result;
  } catch (error) {
    broken = await client.query('rollback').then(
      () => false,
      () => true,
    );
    throw error;
  } finally {
    client.release(broken);
  }
};

/** The tables that stand beside the resources of the locator, in its schema. docs/decisions/0034-the-record-locator.md. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type pg from 'pg';

const tables = readFileSync(join(import.meta.dirname, 'space.sql'), 'utf8');
const lock = 4_170_318_256; // any number, the same in every process that prepares

/** Several processes may do this at once. @param pool of connections that find the schema of the locator first */
export const prepareSpace = async (pool: pg.Pool): Promise<void> => {
  await pool.query(`begin; select pg_advisory_xact_lock(${lock}); ${tables}; commit;`);
};

/**
 * What holds writes together: all of them share one lock, but for those that change what others rely on. Each write says
 * by which generation of search parameters it indexes. 0050-search-values.sql, `begin_write`;
 * docs/decisions/0009-references-and-reindexing.md.
 */
import { hash } from 'node:crypto';
import type { Query } from './database.ts';
import { sql } from './sql.ts';

/** The key of the lock that all writes share. Keys of resources are positive, those of holds are below it. */
export const writeLock = '-1';

/** The key of something that one transaction alone may work on at a time. */
export const holdKey = (name: string): string => {
  const first = BigInt(`0x${hash('sha256', `hold ${name}`, 'hex').slice(0, 16)}`);
  return (-2n - BigInt.asUintN(62, first)).toString();
};

/** Begins a write in a transaction that holds nothing yet. `alone`: nobody else writes until it ends. */
export const beginWrite = async (query: Query, generation: number, alone: boolean): Promise<void> => {
  if (alone) await query(sql`select pg_advisory_xact_lock(${writeLock}::bigint)`);
  await query(sql`select begin_write(${generation}, null)`);
};

const codeOf = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : undefined);

/** Resources are indexed by other search parameters than this process knows: it must look again. */
export const isOutdated = (error: unknown): boolean => codeOf(error) === 'AF001';

/** Others have their owner through the resource that was to be written by one statement. */
export const ownsOthers = (error: unknown): boolean => codeOf(error) === 'AF002';

/** Another resource has taken the canonical url and version in the meantime. */
export const isCanonicalTaken = (error: unknown): boolean =>
  codeOf(error) === '23505' && error instanceof Error && 'constraint' in error && error.constraint === 'canonical_pkey';

/** Another transaction was in the way: the work can be done again from its start. */
export const isConflict = (error: unknown): boolean => {
  const code = codeOf(error);
  // serialization_failure, deadlock_detected
  return code === '40001' || code === '40P01';
};

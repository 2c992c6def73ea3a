/** What every way of taking records into the table has around it, and what may go wrong. docs/decisions/0030-records-from-files.md. */
import type { Pool } from 'pg';
import { Refused } from './record-change.ts';

export interface Taking {
  readonly pool: Pool;
  /** name of the resource server that shows the records */
  readonly server: string;
  readonly now: () => number;
}
export interface FileLimits {
  readonly fileBytes: number;
  readonly messageBytes: number;
  readonly segments: number;
  readonly rowBytes: number;
  /** how far the sender's clock may be ahead of ours */
  readonly aheadMilliseconds: number;
}
export const defaultFileLimits: FileLimits = {
  fileBytes: 64 * 1024 * 1024,
  messageBytes: 16 * 1024 * 1024,
  segments: 20_000,
  rowBytes: 1024 * 1024,
  aheadMilliseconds: 24 * 60 * 60 * 1000,
};

/** Data that the database does not hold: out of range, against a constraint, too large. Everything else may go well later. */
const classes = ['22', '23', '54'];
const isOfData = (error: unknown): boolean =>
  typeof error === 'object' &&
  error !== null &&
  'code' in error &&
  typeof error.code === 'string' &&
  error.code.length === 5 &&
  classes.includes(error.code.slice(0, 2));

/** The reason why what was sent is not applied; undefined: the fault is not in it, and it must be tried again. */
export const reasonOf = (error: unknown): string | undefined => {
  if (error instanceof Refused) return error.message;
  return isOfData(error) ? 'the database cannot hold it' : undefined;
};

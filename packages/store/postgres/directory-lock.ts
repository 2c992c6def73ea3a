/**
 * One process at a time on one data directory. The lock is a file lock that the kernel holds, by way of SQLite's
 * (sqlite.org/lockingv3.html), so it dies with its process, kill -9 included, and is never stale.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** A held lock. */
export type DirectoryLock = {
  /** What the process before us noted, where it ended without releasing the lock. */
  readonly leftBehind: string | undefined;
  /** Notes a path that the next holder should tidy away should we end without releasing. */
  note(path: string): void;
  release(): void;
};

type Holder = { readonly pid: number; readonly path?: string };

/**
 * Takes the lock of `directory`, which exists.
 * @throws Error naming the process and the directory when another holds it.
 */
export function lockDirectory(directory: string): DirectoryLock {
  const database = new DatabaseSync(join(directory, 'lock'), { timeout: 0 });
  const file = join(directory, 'holder.json');
  const holder = readHolder(file);
  try {
    database.exec('pragma locking_mode = exclusive; pragma journal_mode = off; begin exclusive');
  } catch (error) {
    database.close();
    if (!(error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY)) throw error;
    throw new Error(
      `The data directory ${directory} is in use by process ${holder?.pid ?? 'unknown'}. ` +
        'Stop that process first, or choose another directory with AFFINITY_DATA.',
    );
  }
  writeFileSync(file, JSON.stringify({ pid: process.pid } satisfies Holder), { mode: 0o644 });
  return {
    leftBehind: holder?.path,
    note: (path) => writeFileSync(file, JSON.stringify({ pid: process.pid, path } satisfies Holder)),
    release: () => {
      rmSync(file, { force: true });
      database.close();
    },
  };
}

const SQLITE_BUSY = 5;

function readHolder(file: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined; // absent, or half-written by a process that was killed: there is nothing to know
  }
}

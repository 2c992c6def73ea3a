/**
 * One process at a time on one data directory. The lock is a file lock that the kernel holds, by way of SQLite's
 * (sqlite.org/lockingv3.html), so it dies with its process, kill -9 included, and is never stale.
 */
import { accessSync, closeSync, constants, existsSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { isCode } from './binaries.ts';

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
 * @param patience milliseconds to wait for a holder that is about to end.
 * @throws Error naming the process and the directory when another holds it, or the directory when it is not ours.
 */
export async function lockDirectory(directory: string, patience: number): Promise<DirectoryLock> {
  const path = join(directory, 'lock');
  openPrivate(path, directory);
  const database = new DatabaseSync(path, { timeout: 0 });
  const file = join(directory, 'holder.json');
  for (const started = Date.now(); !tryLock(database); await delay(20)) {
    if (Date.now() - started < patience) continue;
    database.close();
    throw new Error(
      `The data directory ${directory} is in use by process ${readHolder(file)?.pid ?? '(unknown)'}. ` +
        'Stop that process first, or choose another directory.',
    );
  }
  const leftBehind = readHolder(file)?.path;
  const write = (holder: Holder): void => writeFileSync(file, JSON.stringify(holder), { mode: 0o644 });
  write({ pid: process.pid });
  return {
    leftBehind,
    note: (path) => write({ pid: process.pid, path }),
    release: () => {
      rmSync(file, { force: true });
      database.close();
    },
  };
}

/**
 * Others may not even read the file: a reader's lock would keep us out. An existing one is not opened, because closing it
 * would give up a lock that this process has on it (POSIX.1-2024, fcntl).
 */
function openPrivate(path: string, directory: string): void {
  try {
    if (existsSync(path)) accessSync(path, constants.R_OK | constants.W_OK);
    else closeSync(openSync(path, 'wx', 0o600));
  } catch (error) {
    if (isCode(error, 'EEXIST')) return;
    if (!isCode(error, 'EACCES', 'EPERM', 'EROFS')) throw error;
    throw new Error(`The data directory ${directory} belongs to another user. Start as that user, or choose another.`);
  }
}

function tryLock(database: DatabaseSync): boolean {
  try {
    database.exec('pragma locking_mode = exclusive; pragma journal_mode = off; begin exclusive');
    return true;
  } catch (error) {
    if (error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY) return false;
    database.close();
    throw error;
  }
}

const SQLITE_BUSY = 5;

function readHolder(file: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined; // absent, or half-written by a process that was killed: there is nothing to know
  }
}

/**
 * Runs a program of PostgreSQL for a cluster: as which account, in which folder, and with its messages in a log file.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, fstatSync, openSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import type { Account } from './account.ts';
import type { Binaries } from './binaries.ts';

/** What every step of a start needs. */
export type Place = {
  readonly directory: string;
  readonly cluster: string;
  readonly account: Account | undefined;
  readonly binaries: Binaries;
};

/**
 * How PostgreSQL names its cluster. As another account it goes by its working directory, which it may enter even where
 * a folder above is closed to it (a project below /root), and which holds before and after it changes into it.
 */
export function clusterName(place: Place, cluster: string): string {
  return place.account && process.platform === 'linux' ? '/proc/self/cwd' : cluster;
}

/** The account as `child_process.spawn` takes it; libuv drops the supplementary groups with it. */
export function spawnIdentity(account: Account | undefined): { readonly uid?: number; readonly gid?: number } {
  return account === undefined ? {} : { uid: account.uid, gid: account.gid };
}

/** Starts `program` in `cwd`, with none of our environment, its output to the log. */
export function spawnProgram(place: Place, program: string, args: readonly string[], cwd: string): ChildProcess {
  const log = openLog(place);
  try {
    return spawn(join(place.binaries.root, 'bin', program), args, {
      ...spawnIdentity(place.account),
      cwd,
      stdio: ['ignore', log, log],
      detached: true, // out of the terminal's process group: Ctrl-C is ours to answer, in our order
      env: { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC', ...place.binaries.environment },
    });
  } finally {
    closeSync(log);
  }
}

/** @returns `code 0`, `signal SIGKILL`, or why the program could not be run. */
export function ending(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(signal === null ? `code ${code}` : `signal ${signal}`));
  });
}

const LOG_LIMIT = 1024 * 1024;

/** Opened by us and inherited, so that PostgreSQL needs no rights on it; begun anew when it has grown large. */
function openLog(place: Place): number {
  const path = join(place.directory, 'postgresql.log');
  const log = openSync(path, 'a', 0o600);
  if (fstatSync(log).size <= LOG_LIMIT) return log;
  closeSync(log);
  renameSync(path, `${path}.1`);
  return openSync(path, 'a', 0o600);
}

/** The last lines of the log, for an error message: they are about the server, never about a record. */
export function logTail(place: Place): string {
  return readFileSync(join(place.directory, 'postgresql.log'), 'utf8').trimEnd().split('\n').slice(-8).join('\n');
}

/**
 * The postmaster as our child: started, watched, stopped, and never left behind (PostgreSQL 18 documentation, 18.5).
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Account } from './account.ts';
import { isReady } from './orphan.ts';
import { ending, logTail, type Place, spawnIdentity, spawnProgram } from './program.ts';

const PATIENCE_AT_STOP = 30_000;

/** A postmaster that was started. */
export type Postmaster = {
  /** 0 when the program could not be run; `end` then tells why. */
  readonly pid: number;
  /** Resolves when it has ended: `code 0`, `signal SIGKILL`, or why it could not be run. */
  readonly end: Promise<string>;
  /** Ends it in good order, and the hard way when that takes too long; resolves when it has ended. */
  stop(): Promise<void>;
};

/** Starts the postmaster on the cluster with the arguments of `postgres`. */
export function launchPostmaster(place: Place, args: readonly string[]): Postmaster {
  const child = spawnProgram(place, 'postgres', args, place.cluster);
  const guard = child.pid === undefined ? undefined : spawnGuard(place.account, child.pid);
  const end = ending(child);
  // The guard goes before the number of its postmaster can belong to another process.
  void end.then(() => guard?.kill('SIGKILL'));
  child.unref(); // a server that nobody waits for does not keep its process alive
  return {
    pid: child.pid ?? 0,
    end,
    stop: async () => {
      child.ref();
      child.kill('SIGINT');
      const impatience = setTimeout(() => child.kill('SIGQUIT'), PATIENCE_AT_STOP);
      await end;
      clearTimeout(impatience);
    },
  };
}

/** A shell that waits for the end of this process, kill -9 included, and then shuts the database down in good order. */
function spawnGuard(account: Account | undefined, postmaster: number): ChildProcess {
  const guard = spawn('/bin/sh', ['-c', 'read -r _; kill -INT "$0"', String(postmaster)], {
    ...spawnIdentity(account),
    cwd: '/',
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    env: {},
  });
  guard.on('error', () => {}); // no shell: the next start stops what was left running
  guard.stdin?.on('error', () => {});
  guard.unref();
  if (guard.stdin instanceof Socket) guard.stdin.unref();
  return guard;
}

/** @throws Error with the end of the log when the postmaster ends, or is not ready in `timeout` milliseconds. */
export async function untilReady(place: Place, postmaster: Postmaster, timeout: number): Promise<void> {
  let ended: string | undefined;
  void postmaster.end.then((how) => {
    ended = how;
  });
  for (const started = Date.now(); !isReady(place.cluster, postmaster.pid); await delay(5)) {
    if (ended !== undefined) {
      throw new Error(`PostgreSQL did not start (${ended}) on ${place.cluster}:\n${logTail(place)}`);
    }
    if (Date.now() - started > timeout) {
      throw new Error(`PostgreSQL on ${place.cluster} was not ready in ${timeout} ms.`);
    }
  }
}

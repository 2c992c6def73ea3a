/**
 * Ends what a killed server left running on a cluster, so that the next start finds it at rest. A process is known by
 * its working directory, never by a number alone: numbers come again (PostgreSQL 18 documentation, 18.5).
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/**
 * Stops every PostgreSQL process on `cluster` (a real path) and removes its process file. The caller holds the lock of
 * the data directory, so nobody else is starting one.
 * @throws Error naming the process when it does not end within `patience` milliseconds.
 */
export async function stopOrphans(cluster: string, patience = 30_000): Promise<void> {
  const started = Date.now();
  let signalled = false;
  for (let found = processesOn(cluster); found.length > 0; found = processesOn(cluster)) {
    const postmaster = readProcessFile(cluster)?.pid;
    const waited = Date.now() - started;
    if (waited > patience) {
      throw new Error(
        `PostgreSQL process ${found.join(', ')} on ${cluster} was left by a killed server and does not end.`,
      );
    }
    if (postmaster !== undefined && found.includes(postmaster)) {
      // SIGINT is its fast shutdown, with a checkpoint; SIGQUIT its immediate one, recovered from the log at the start.
      if (!signalled) sendSignal(postmaster, 'SIGINT');
      else if (waited > patience / 3) sendSignal(postmaster, 'SIGQUIT');
      signalled = true;
    }
    await delay(10);
  }
  // What remains names a dead process, or one that is not PostgreSQL and would keep the start from happening.
  rmSync(join(cluster, 'postmaster.pid'), { force: true });
}

/** Whether the postmaster `pid` says in the cluster's process file that it takes connections. */
export function isReady(cluster: string, pid: number): boolean {
  const file = readProcessFile(cluster);
  return file?.pid === pid && file.status === 'ready';
}

function readProcessFile(cluster: string): { readonly pid: number; readonly status: string } | undefined {
  try {
    const lines = readFileSync(join(cluster, 'postmaster.pid'), 'utf8').split('\n');
    const pid = Number(lines[0]);
    return Number.isInteger(pid) && pid > 0 ? { pid, status: (lines[7] ?? '').trim() } : undefined;
  } catch {
    return undefined; // no process file: no postmaster
  }
}

function processesOn(cluster: string): readonly number[] {
  if (process.platform !== 'linux') {
    const pid = readProcessFile(cluster)?.pid;
    return pid !== undefined && commandOf(pid).includes(cluster) ? [pid] : [];
  }
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && isOn(cluster, pid));
}

function isOn(cluster: string, pid: number): boolean {
  try {
    // The program's file may have been replaced by an upgrade since: Linux then adds " (deleted)".
    return readlinkSync(`/proc/${pid}/cwd`) === cluster && /\/postgres( |$)/.test(readlinkSync(`/proc/${pid}/exe`));
  } catch {
    return false; // ended meanwhile, or another user's
  }
}

function commandOf(pid: number): string {
  try {
    return execFileSync('ps', ['-ww', '-o', 'args=', '-p', String(pid)], { encoding: 'utf8' });
  } catch {
    return ''; // ps answers 1 when there is no such process
  }
}

function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended between the look and the signal.
  }
}

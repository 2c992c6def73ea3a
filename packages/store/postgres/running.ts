/** The PostgreSQL that a domain's own process keeps on a data directory, for commands that are called beside it. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface RunningDomain {
  /** the process that holds the data directory */
  readonly pid: number;
  /** connects as the role of the domain; absent while its PostgreSQL is still starting */
  readonly url?: string;
}

/** What runs on `directory`; undefined when nothing does. Needs the right to enter the folder of the socket to be of use. */
export const findRunning = (directory: string): RunningDomain | undefined => {
  const holder = readHolder(join(directory, 'holder.json'));
  if (holder === undefined || !isAlive(holder.pid)) return undefined;
  const { pid, path } = holder;
  if (path === undefined || !existsSync(join(path, '.s.PGSQL.5432'))) return { pid };
  return { pid, url: `postgresql://affinity@${encodeURIComponent(path)}/affinity` };
};

const readHolder = (file: string): { readonly pid: number; readonly path?: string } | undefined => {
  try {
    const holder: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (typeof holder !== 'object' || holder === null || !('pid' in holder) || typeof holder.pid !== 'number')
      return undefined;
    const path = 'path' in holder && typeof holder.path === 'string' ? holder.path : undefined;
    return { pid: holder.pid, ...(path === undefined ? {} : { path }) };
  } catch {
    return undefined; // absent, or being written at this moment
  }
};

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
};

/** What the system tells of a process and all that descend from it: memory and processor time. Linux only: reads /proc. */
import { readdirSync, readFileSync } from 'node:fs';

/** In MB, summed over the processes. */
export interface Memory {
  /** of what several processes share (PostgreSQL's buffers, programs), the part of each (PSS): what the machine lacks */
  readonly proportional: number;
  /** what is shared counted once for each who shares it (RSS) */
  readonly resident: number;
}

export const memoryOf = (root: number): Memory => {
  const rollups = familyOf(root).map((pid) => read(`/proc/${pid}/smaps_rollup`));
  const sum = (field: RegExp): number =>
    rollups.reduce((total, rollup) => total + Number(field.exec(rollup)?.[1] ?? 0) / 1024, 0);
  return { proportional: sum(/^Pss:\s+(\d+)/m), resident: sum(/^Rss:\s+(\d+)/m) };
};

/** Processor time so far, in microseconds. */
export interface Processor {
  readonly own: number;
  /** of those that descend from it */
  readonly others: number;
}

export const processorOf = (root: number): Processor => ({
  own: microseconds(root),
  others: familyOf(root)
    .filter((pid) => pid !== root)
    .reduce((total, pid) => total + microseconds(pid), 0),
});

/** The kernel counts in hundredths of a second (USER_HZ). */
const microseconds = (pid: number): number => {
  const fields = read(`/proc/${pid}/stat`).split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) * 10_000;
};

const familyOf = (root: number): readonly number[] => {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const parent = /\) \S (\d+)/.exec(read(`/proc/${name}/stat`))?.[1];
    if (parent !== undefined) parents.set(Number(name), Number(parent));
  }
  const belongs = (pid: number): boolean => {
    for (let at: number | undefined = pid; at !== undefined && at > 1; at = parents.get(at))
      if (at === root) return true;
    return false;
  };
  return [...parents.keys()].filter(belongs);
};

const read = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // the process ended meanwhile
  }
};

/** Of this process alone, in MB. */
export const residentOf = (pid: number): number =>
  Number(/^VmRSS:\s+(\d+)/m.exec(read(`/proc/${pid}/status`))?.[1] ?? 0) / 1024;

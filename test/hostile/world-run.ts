/** Worlds one after another on one stage: which caller a seed is about, and what came of them all. */
import type { Caller } from './access-oracle.ts';
import { callers } from './callers.ts';
import { type Course, type InterferenceFigures, proveNonInterference } from './interference.ts';
import type { Stage } from './stage.ts';

/** The caller of a seed: each in turn, so that many seeds are about all of them. */
export const callerOf = (seed: number): Caller => callers[seed % callers.length] as Caller;
export const callerNamed = (name: string): Caller => {
  const found = callers.find((caller) => caller.name === name);
  if (found === undefined) throw new Error(`There is no caller named ${name}.`);
  return found;
};

/** What worlds came to: how often each status was answered, and what differed. */
export interface Tally {
  readonly worlds: number;
  readonly statuses: Readonly<Record<string, number>>;
  readonly differences: readonly string[];
}
export const noWorlds: Tally = { worlds: 0, statuses: {}, differences: [] };

export const together = (one: Tally, other: Tally): Tally => ({
  worlds: one.worlds + other.worlds,
  differences: [...one.differences, ...other.differences],
  statuses: sums(one.statuses, other.statuses),
});

const sums = (one: InterferenceFigures['statuses'], other: InterferenceFigures['statuses']) => {
  const all: Record<string, number> = { ...one };
  for (const [status, count] of Object.entries(other)) all[status] = (all[status] ?? 0) + count;
  return all;
};

/** One world; a difference is told, not thrown. */
export const runWorld = async (stage: Stage, caller: Caller, course: Course): Promise<Tally> => {
  try {
    const { statuses } = await proveNonInterference(stage, caller, course);
    return { worlds: 1, statuses, differences: [] };
  } catch (error) {
    const told = error instanceof Error ? error.message : String(error);
    return { worlds: 1, statuses: {}, differences: [`seed ${course.seed}, ${caller.name}: ${told}`] };
  }
};

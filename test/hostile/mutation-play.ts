/** Plays worlds on modules that are broken by one mutation each, and says which mutations nobody noticed. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { importBroken } from './broken-modules.ts';
import type { Mutation, Noticed } from './mutations.ts';

const { callers } = await import('./callers.ts');

/** Two databases of their own, for one mutation at a time. */
export type Ground = readonly [string, string];

/** Worlds that are played until one of them differs. */
export interface Play {
  readonly ground: Ground;
  readonly courses: readonly Noticed[];
}
/** The first world that differed, and how; `differs` absent: none did. */
export interface Played {
  readonly differs?: Noticed;
  readonly told?: string;
}

const program = pathToFileURL(join(import.meta.dirname, 'play-worlds.ts')).href;

const play = async (order: Play, mutation?: Mutation): Promise<Played> => {
  const loaded = await (mutation === undefined ? import(program) : importBroken(program, mutation));
  return (loaded as typeof import('./play-worlds.ts')).playWorlds(order);
};

const faultsOf = async (work: () => Promise<string | undefined>): Promise<readonly string[]> => {
  const fault = await work().catch((error: unknown) => (error instanceof Error ? error.message : String(error)));
  return fault === undefined ? [] : [fault];
};

/** The worlds that these mutations are to be noticed in, each once. */
export const coursesOf = (mutations: readonly Mutation[]): readonly Noticed[] => [
  ...new Map(mutations.map(({ noticed }) => [`${noticed.seed} ${noticed.caller}`, noticed])).values(),
];

/**
 * A sentence for each mutation that was not noticed. One after another: the ids that a world gives are those of the whole
 * process.
 */
export const unnoticed = async (ground: Ground, mutations: readonly Mutation[]): Promise<readonly string[]> => {
  const faults: string[] = [];
  for (const mutation of mutations) {
    const told = await faultsOf(async () => {
      const { differs } = await play({ ground, courses: [mutation.noticed] }, mutation);
      return differs === undefined ? `Not noticed: ${mutation.name} (${mutation.file})` : undefined;
    });
    faults.push(...told);
  }
  return faults;
};

/** A sentence where one of these worlds differs though nothing is broken. */
export const differingUnbroken = (ground: Ground, courses: readonly Noticed[]): Promise<readonly string[]> =>
  faultsOf(async () => {
    const { differs, told } = await play({ ground, courses });
    return differs === undefined ? undefined : `Unbroken, ${JSON.stringify(differs)} differs: ${told}`;
  });

/** A world that notices: the remembered one, or another of its caller, or of another caller. */
export const searchFor = async (ground: Ground, mutation: Mutation, seeds = 30): Promise<Noticed | undefined> => {
  const { noticed } = mutation;
  const own = Array.from({ length: seeds }, (_, seed) => ({ caller: noticed.caller, seed }));
  const others = callers.map(({ name }) => ({ caller: name, seed: 0 }));
  const courses = [noticed, ...own.slice(0, 6), ...others, ...own.slice(6)];
  const { differs } = await play({ ground, courses }, mutation);
  const unbroken = differs === undefined ? {} : await play({ ground, courses: [differs] });
  if (unbroken.differs !== undefined) throw new Error(`${JSON.stringify(differs)} differs unbroken: ${unbroken.told}`);
  return differs;
};

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

/** As many at once as there are grounds. */
export const onGrounds = async <Item>(
  grounds: readonly Ground[],
  items: readonly Item[],
  work: (item: Item, ground: Ground) => Promise<void>,
): Promise<void> => {
  const left = [...items];
  const lane = async (ground: Ground): Promise<void> => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item, ground);
  };
  await Promise.all(grounds.map(lane));
};

/** A sentence for each mutation that was not noticed, and for each world that differs though nothing is broken. */
export const unnoticed = async (
  grounds: readonly Ground[],
  mutations: readonly Mutation[],
): Promise<readonly string[]> => {
  const faults: string[] = [];
  const courses = new Map(mutations.map(({ noticed }) => [`${noticed.seed} ${noticed.caller}`, noticed]));
  const unbroken = async (ground: Ground): Promise<void> => {
    const { differs, told } = await play({ ground, courses: [...courses.values()] });
    if (differs !== undefined) faults.push(`Unbroken, ${JSON.stringify(differs)} differs: ${told}`);
  };
  const broken = async (mutation: Mutation, ground: Ground): Promise<void> => {
    const { differs } = await play({ ground, courses: [mutation.noticed] }, mutation);
    if (differs === undefined) faults.push(`Not noticed: ${mutation.name} (${mutation.file})`);
  };
  await onGrounds(grounds, [undefined, ...mutations], async (mutation, ground) => {
    await (mutation === undefined ? unbroken(ground) : broken(mutation, ground)).catch((error: unknown) => {
      faults.push(error instanceof Error ? error.message : String(error));
    });
  });
  return faults;
};

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

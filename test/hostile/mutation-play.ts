/** Plays worlds in processes of their own, broken by one mutation each, and says which mutations nobody noticed. */
import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import { callers } from './callers.ts';
import type { Mutation, Noticed } from './mutations.ts';

/** Two databases of their own, for one process at a time. */
export type Ground = readonly [string, string];

/** Worlds that one process plays until one of them differs. */
export interface Play {
  readonly ground: Ground;
  readonly courses: readonly Noticed[];
}
/** The first world that differed, and how; `differs` absent: none did. */
export interface Played {
  readonly differs?: Noticed;
  readonly told?: string;
}

const program = join(import.meta.dirname, 'play-worlds.ts');
const preload = join(import.meta.dirname, 'apply-mutation.ts');

const play = (order: Play, mutation?: Mutation): Promise<Played> =>
  new Promise((resolve, reject) => {
    const child: ChildProcess = fork(program, {
      execArgv: mutation === undefined ? [] : ['--import', preload],
      env: { ...process.env, ...(mutation === undefined ? {} : { AFFINITY_TEST_MUTATION: mutation.name }) },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    let played: Played | undefined;
    let complaint = '';
    child.stderr?.on('data', (text: Buffer) => {
      complaint += text;
    });
    child.on('message', (message: Played) => {
      played = message;
    });
    child.once('error', reject);
    child.once('exit', (code) => {
      if (played !== undefined) resolve(played);
      else reject(new Error(`${mutation?.name ?? 'unbroken'}: the process ended with ${code}: ${complaint}`));
    });
    child.send(order);
  });

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

/** Plays worlds in processes of their own, broken by one mutation each, and says which mutations nobody noticed. */
import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import { callers } from './callers.ts';
import type { Mutation, Noticed } from './mutations.ts';

/** Worlds that one process plays until one of them differs. */
export interface Play {
  readonly url: string;
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

export const inPairs = async <Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> => {
  const left = [...items];
  const worker = async (): Promise<void> => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item);
  };
  await Promise.all([worker(), worker()]);
};

/** A sentence for each mutation that was not noticed, and for each world that differs though nothing is broken. */
export const unnoticed = async (url: string, mutations: readonly Mutation[]): Promise<readonly string[]> => {
  const faults: string[] = [];
  const courses = new Map(mutations.map(({ noticed }) => [`${noticed.seed} ${noticed.caller}`, noticed]));
  const unbroken = async (): Promise<void> => {
    const { differs, told } = await play({ url, courses: [...courses.values()] });
    if (differs !== undefined) faults.push(`Unbroken, ${JSON.stringify(differs)} differs: ${told}`);
  };
  const broken = async (mutation: Mutation): Promise<void> => {
    const { differs } = await play({ url, courses: [mutation.noticed] }, mutation);
    if (differs === undefined) faults.push(`Not noticed: ${mutation.name} (${mutation.file})`);
  };
  await inPairs<() => Promise<void>>([unbroken, ...mutations.map((each) => () => broken(each))], async (work) => {
    await work().catch((error: unknown) => {
      faults.push(error instanceof Error ? error.message : String(error));
    });
  });
  return faults;
};

/** A world that notices: the remembered one, or another of its caller, or of another caller. */
export const searchFor = async (url: string, mutation: Mutation, seeds = 12): Promise<Noticed | undefined> => {
  const { noticed } = mutation;
  const own = Array.from({ length: seeds }, (_, seed) => ({ caller: noticed.caller, seed }));
  const others = [0, 1].flatMap((seed) => callers.map(({ name }) => ({ caller: name, seed })));
  const { differs } = await play({ url, courses: [noticed, ...own, ...others] }, mutation);
  return differs;
};

/**
 * `npm run proof [-- WORLDS [SEED [REQUESTS]]] [--gateway[=KIND]]`: 2,000 worlds of 50 requests each unless said otherwise, in two
 * processes on one PostgreSQL. Every tenth world is asked over a socket. The same seed gives the same worlds. `--gateway`:
 * the records are a foreign system's, which behaves badly, behind the gateway: `store` unless told, `remote` or `sql`.
 */
import { fork } from 'node:child_process';
import { startTestCluster } from '@affinity/store/testing/cluster.ts';
import { testDatabaseOn } from '@affinity/store/testing/template-database.ts';
import { type ForeignKind, foreignKinds } from './foreign-systems.ts';
import { openStage } from './stage.ts';
import { callerOf, noWorlds, runWorld, type Tally, together } from './world-run.ts';

const processes = 2;

interface Part {
  readonly url: string;
  readonly from: number;
  readonly until: number;
  readonly step: number;
  readonly requests: number;
  readonly gateway?: ForeignKind;
}

/** The worlds of one process. */
const play = async ({ url, from, until, step, ...course }: Part, told: (tally: Tally) => void): Promise<void> => {
  const databases = [await testDatabaseOn(url), await testDatabaseOn(url)] as const;
  const stage = await openStage([databases[0].url, databases[1].url]);
  try {
    for (let seed = from; seed < until; seed += step)
      told(await runWorld(stage, callerOf(seed), { ...course, seed, socket: Math.floor(seed / step) % 10 === 0 }));
  } finally {
    await stage.close();
    for (const database of databases) await database.close();
  }
};

const lead = async (worlds: number, first: number, requests: number, gateway?: ForeignKind): Promise<void> => {
  const cluster = await startTestCluster();
  const began = performance.now();
  let all = noWorlds;
  const perMinute = (): string => ((all.worlds * 60_000) / (performance.now() - began)).toFixed(0);
  try {
    const run = (from: number): Promise<void> =>
      new Promise((resolve, reject) => {
        const child = fork(import.meta.filename, ['--part']);
        child.on('message', (tally: Tally) => {
          all = together(all, tally);
          for (const difference of tally.differences) console.error(difference);
          if (all.worlds % 100 === 0) console.log(`${all.worlds} of ${worlds} worlds, ${perMinute()} a minute`);
        });
        child.once('error', reject);
        child.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`a process ended with ${code}`))));
        child.send({
          url: cluster.url,
          from,
          until: first + worlds,
          step: processes,
          requests,
          ...(gateway === undefined ? {} : { gateway }),
        } satisfies Part);
      });
    await Promise.all(Array.from({ length: processes }, (_, number) => run(first + number)));
  } finally {
    await cluster.stop();
  }
  const statuses = Object.entries(all.statuses).map(([status, count]) => `${status}: ${count}`);
  console.log(
    `${all.worlds} pairs of worlds ${gateway === undefined ? '' : `behind the gateway (${gateway}) `}from seed ${first}, ${requests} requests each, ${perMinute()} pairs a minute`,
  );
  console.log(`${all.differences.length} differ (${statuses.join(', ')})`);
  process.exitCode = all.differences.length === 0 && all.worlds === worlds ? 0 : 1;
};

if (process.argv[2] === '--part') {
  process.once('message', (part: Part) => {
    void play(part, (tally) => process.send?.(tally)).then(() => process.disconnect());
  });
} else {
  const given = process.argv.slice(2);
  const asked = given.find((one) => one.startsWith('--gateway'));
  const named = asked === '--gateway' ? 'store' : asked?.slice('--gateway='.length);
  const gateway = foreignKinds.find((kind) => kind === named);
  if (named !== gateway) throw new Error(`--gateway is one of ${foreignKinds.join(', ')}`);
  const numbers = given.filter((one) => one !== asked).map(Number);
  const [worlds = 2000, seed = Date.now() % 1_000_000, requests = 50] = numbers;
  await lead(worlds, seed, requests, gateway);
}

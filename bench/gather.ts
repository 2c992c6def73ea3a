/**
 * Gathering over five servers on sockets, each with a delay of its own: against the slowest of them asked alone, and with one that
 * never answers against the time that a server is given. FHIR R4 http.html#search.
 */
import { startTestCluster } from '@affinity/store/testing/cluster.ts';
import { testDatabaseOn } from '@affinity/store/testing/template-database.ts';
import { callerOf, gathering, principalOf } from '../packages/record-locator/testing/gathering.ts';
import { indexOf, startSource, tokenOf } from '../packages/record-locator/testing/sources.ts';

export interface GatherFigures {
  readonly timeout: number;
  /** milliseconds */
  readonly slowest: readonly number[];
  readonly live: readonly number[];
  readonly oneDead: readonly number[];
}

const delays = [10, 20, 30, 40, 50] as const;
const entriesEach = 50;

const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const began = performance.now();
  await work();
  return performance.now() - began;
};

export const measureGather = async (rounds: number, timeout = 500): Promise<GatherFigures> => {
  const closers: (() => void)[] = [];
  const t = { after: (close: () => void) => void closers.push(close) };
  const cluster = await startTestCluster();
  const { pool, close } = await testDatabaseOn(cluster.url);
  try {
    const record = (at: number, one: number) => ({
      resourceType: 'Observation',
      id: `o-${at}-${one}`,
      status: 'final',
      subject: { reference: 'Patient/p' },
      effectiveDateTime: `2026-0${1 + (one % 9)}-0${1 + at}`,
    });
    const all = await Promise.all(
      delays.map((_, at) =>
        startSource(
          t,
          `Server ${at}`,
          Array.from({ length: entriesEach }, (_each, one) => record(at, one)),
        ),
      ),
    );
    for (const [at, one] of all.entries()) one.delay = delays[at] ?? 0;
    const index = indexOf({ ana: Object.fromEntries(all.map(({ base }) => [base, 'p'])) });
    const sources = all.map(({ source }) => source);
    const { gather } = gathering({ pool, sources, index, sourceMilliseconds: timeout });
    const caller = callerOf({ principal: principalOf('user/Observation.rs') });
    const ask = () => gather(caller, 'ana', [['_type', 'Observation']]);
    const last = all.at(-1);
    const alone = async (): Promise<void> => {
      if (last === undefined) return;
      const url = `${last.base}/Observation?patient=p&_sort=-date&_count=20`;
      await (await fetch(url, { headers: { authorization: `Bearer ${tokenOf(last.base)}` } })).text();
    };
    const [slowest, live, oneDead]: [number[], number[], number[]] = [[], [], []];
    await ask();
    for (let round = 0; round < rounds; round += 1) {
      slowest.push(await timed(alone));
      live.push(await timed(ask));
    }
    const [first] = all;
    if (first !== undefined) first.instead = () => true;
    for (let round = 0; round < rounds; round += 1) oneDead.push(await timed(ask));
    return { timeout, slowest, live, oneDead };
  } finally {
    for (const one of closers) one();
    await close();
    await cluster.stop();
  }
};

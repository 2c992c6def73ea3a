/** Reads and searches through token, guard and audit, against the same without them and against the bare minimum. */
import { fork } from 'node:child_process';
import { join } from 'node:path';
import autocannon from 'autocannon';
import { processorOf } from './processes.ts';

export type Candidate = 'clinic' | 'unguarded' | 'bare';
export const candidates: readonly Candidate[] = ['clinic', 'unguarded', 'bare'];

export interface ServingFigures {
  readonly scenario: 'read' | 'search';
  readonly connections: number;
  /** the same round of two candidates was measured one right after the other */
  readonly rounds: Readonly<Record<Candidate, readonly Round[]>>;
}

export interface Round {
  readonly perSecond: number;
  /** processor time of the measured process for one answer, in microseconds */
  readonly node: number;
  /** that of all processes of its PostgreSQL */
  readonly postgres: number;
}

interface Started {
  readonly token: string;
  readonly ports: Readonly<Record<Candidate, number>>;
  readonly read: string;
  readonly search: string;
}

/** One interleaved run: in each round every candidate, in an order that rotates. */
export const measureServing = async (
  rounds: number,
  seconds: number,
  connections: number,
): Promise<readonly ServingFigures[]> => {
  const server = fork(join(import.meta.dirname, 'serving-server.ts'));
  const started = await new Promise<Started>((done, fail) => {
    server.once('message', (message) => done(message as Started));
    server.once('exit', (code) => fail(new Error(`the measured process ended with ${code}`)));
  });
  try {
    const figures: ServingFigures[] = [];
    for (const scenario of ['read', 'search'] as const) {
      await checkSame(started, scenario);
      for (const candidate of candidates) await load(started, scenario, candidate, 2, connections);
      const measured: Record<Candidate, Round[]> = { clinic: [], unguarded: [], bare: [] };
      for (let round = 0; round < rounds; round++) {
        for (let turn = 0; turn < candidates.length; turn++) {
          const candidate = candidates[(round + turn) % candidates.length] ?? 'clinic';
          const before = processorOf(server.pid ?? 0);
          const { answers, perSecond } = await load(started, scenario, candidate, seconds, connections);
          const after = processorOf(server.pid ?? 0);
          measured[candidate].push({
            perSecond,
            node: (after.own - before.own) / answers,
            postgres: (after.others - before.others) / answers,
          });
        }
      }
      figures.push({ scenario, connections, rounds: measured });
    }
    return figures;
  } finally {
    server.send('stop');
  }
};

const ask = ({ ports, token }: Started, candidate: Candidate) => ({
  url: `http://127.0.0.1:${ports[candidate]}`,
  headers: { authorization: `Bearer ${token}` },
});

/** A comparison of servers that give different answers would compare nothing. */
const checkSame = async (started: Started, scenario: 'read' | 'search'): Promise<void> => {
  const contents: string[] = [];
  for (const candidate of candidates) {
    const { url, headers } = ask(started, candidate);
    const response = await fetch(`${url}${started[scenario]}`, { headers });
    const body = (await response.json()) as { entry?: readonly { resource: unknown }[] };
    if (response.status !== 200) throw new Error(`${candidate} answers ${response.status} to ${scenario}`);
    const resources = (body.entry ?? [{ resource: body }]).map(({ resource }) => JSON.stringify(resource)).sort();
    contents.push(resources.length > 1 ? String(resources.length) : resources.join());
  }
  if (new Set(contents).size !== 1)
    throw new Error(`the answers to ${scenario} differ: ${contents.map((c) => c.slice(0, 80))}`);
};

const load = async (
  started: Started,
  scenario: 'read' | 'search',
  candidate: Candidate,
  seconds: number,
  connections: number,
): Promise<{ readonly answers: number; readonly perSecond: number }> => {
  const { url, headers } = ask(started, candidate);
  const result = await autocannon({ url: `${url}${started[scenario]}`, headers, connections, duration: seconds });
  if (result.non2xx > 0 || result.errors > 0) {
    const statuses = JSON.stringify(result.statusCodeStats);
    throw new Error(`${candidate}: ${result.non2xx} refusals, ${result.errors} errors, ${statuses}`);
  }
  return { answers: result['2xx'], perSecond: result['2xx'] / result.duration };
};

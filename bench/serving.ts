/** Servers of one process measured against each other: each round asks every one of them, one right after the other. */
import { fork } from 'node:child_process';
import { join } from 'node:path';
import autocannon from 'autocannon';
import { processorOf } from './processes.ts';

export interface ServingFigures<Candidate extends string> {
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

/** What a measured process says once it listens. */
export interface Started<Candidate extends string> {
  readonly token: string;
  readonly ports: Readonly<Record<Candidate, number>>;
  readonly read: string;
  readonly search: string;
}

/** What is measured: a program beside this file, and the servers in it. */
export interface Measured<Candidate extends string> {
  readonly program: string;
  readonly candidates: readonly Candidate[];
}

/** One interleaved run: in each round every candidate, in an order that rotates. */
export const measureServing = async <Candidate extends string>(
  { program, candidates }: Measured<Candidate>,
  rounds: number,
  seconds: number,
  connections: number,
): Promise<readonly ServingFigures<Candidate>[]> => {
  const server = fork(join(import.meta.dirname, program));
  const started = await new Promise<Started<Candidate>>((done, fail) => {
    server.once('message', (message) => done(message as Started<Candidate>));
    server.once('exit', (code) => fail(new Error(`the measured process ended with ${code}`)));
  });
  try {
    const figures: ServingFigures<Candidate>[] = [];
    for (const scenario of ['read', 'search'] as const) {
      await checkSame(started, candidates, scenario);
      for (const candidate of candidates) await load(started, scenario, candidate, 2, connections);
      const measured = Object.fromEntries(candidates.map((name) => [name, []])) as unknown as Record<
        Candidate,
        Round[]
      >;
      for (let round = 0; round < rounds; round++) {
        for (let turn = 0; turn < candidates.length; turn++) {
          const candidate = candidates[(round + turn) % candidates.length];
          if (candidate === undefined) continue;
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

const ask = <Candidate extends string>({ ports, token }: Started<Candidate>, candidate: Candidate) => ({
  url: `http://127.0.0.1:${ports[candidate]}`,
  headers: { authorization: `Bearer ${token}` },
});

/** A comparison of servers that give different answers would compare nothing. */
const checkSame = async <Candidate extends string>(
  started: Started<Candidate>,
  candidates: readonly Candidate[],
  scenario: 'read' | 'search',
): Promise<void> => {
  const contents: string[] = [];
  for (const candidate of candidates) {
    const { url, headers } = ask(started, candidate);
    const response = await fetch(`${url}${started[scenario]}`, { headers });
    const body = (await response.json()) as { entry?: readonly { resource: unknown }[] };
    if (response.status !== 200) throw new Error(`${candidate} answers ${response.status} to ${scenario}`);
    const resources = (body.entry ?? [{ resource: body }])
      .map(({ resource }) => JSON.stringify(resource).replace(/"lastUpdated":"[^"]+"/, ''))
      .sort();
    contents.push(resources.length > 1 ? String(resources.length) : resources.join());
  }
  if (new Set(contents).size !== 1)
    throw new Error(`the answers to ${scenario} differ: ${contents.map((c) => c.slice(0, 80))}`);
};

const load = async <Candidate extends string>(
  started: Started<Candidate>,
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

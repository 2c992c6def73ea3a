/** The gateway beside a bare pass-through, in front of the same stub: throughput, latency, memory over many requests and of a large Bundle. */
import { fork } from 'node:child_process';
import { join } from 'node:path';
import autocannon from 'autocannon';
import { Client } from 'undici';
import { residentOf } from './processes.ts';
import { measureServing, type ServingFigures, type Started } from './serving.ts';

export type Candidate = 'gateway' | 'pass-through';
const candidates = ['gateway', 'pass-through'] as const;

/** Milliseconds, one request after another. */
export interface Latency {
  readonly scenario: 'read' | 'search';
  readonly p50: Readonly<Record<Candidate, number>>;
  readonly p99: Readonly<Record<Candidate, number>>;
}
/** MB of the process that is measured. */
export interface GatewayMemory {
  readonly after: readonly (readonly [requests: number, megabytes: number])[];
  /** 20 MB, asked for again and again */
  readonly large: { readonly before: number; readonly most: number; readonly after: number };
}

export const measureGateway = (rounds: number, seconds: number): Promise<readonly ServingFigures<Candidate>[]> =>
  measureServing({ program: 'gateway-server.ts', candidates }, rounds, seconds, 32);

const start = async <Result>(work: (started: Started<Candidate>, pid: number) => Promise<Result>): Promise<Result> => {
  const server = fork(join(import.meta.dirname, 'gateway-server.ts'));
  try {
    const started = await new Promise<Started<Candidate>>((done, fail) => {
      server.once('message', (message) => done(message as Started<Candidate>));
      server.once('exit', (code) => fail(new Error(`the measured process ended with ${code}`)));
    });
    return await work(started, server.pid ?? 0);
  } finally {
    server.send('stop');
  }
};

const percentile = (values: readonly number[], share: number): number =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? Number.NaN;

/** One connection to each; they are asked in turns, so that what disturbs the machine falls on both. */
export const measureLatency = (count: number): Promise<readonly Latency[]> =>
  start(async ({ ports, token, ...paths }) => {
    const clients = candidates.map((name) => ({ name, client: new Client(`http://127.0.0.1:${ports[name]}`) }));
    const headers = { authorization: `Bearer ${token}` };
    const figures: Latency[] = [];
    for (const scenario of ['read', 'search'] as const) {
      const times: Record<Candidate, number[]> = { gateway: [], 'pass-through': [] };
      for (let i = -200; i < count; i += 1)
        for (const { name, client } of i % 2 === 0 ? clients : clients.toReversed()) {
          const began = performance.now();
          const { body, statusCode } = await client.request({ method: 'GET', path: paths[scenario], headers });
          await body.bytes();
          if (statusCode !== 200) throw new Error(`${name} answers ${statusCode}`);
          if (i >= 0) times[name].push(performance.now() - began);
        }
      const of = (share: number) => ({
        gateway: percentile(times.gateway, share),
        'pass-through': percentile(times['pass-through'], share),
      });
      figures.push({ scenario, p50: of(0.5), p99: of(0.99) });
    }
    await Promise.all(clients.map(({ client }) => client.close()));
    return figures;
  });

/** @param requests half reads, half searches of 50 */
export const measureGatewayMemory = (requests: number): Promise<GatewayMemory> =>
  start(async ({ ports, token, read, search }, pid) => {
    const url = `http://127.0.0.1:${ports.gateway}`;
    const headers = { authorization: `Bearer ${token}` };
    const ask = async (path: string, amount: number, connections: number): Promise<void> => {
      const { non2xx, errors } = await autocannon({ url: `${url}${path}`, headers, connections, amount, timeout: 60 });
      if (non2xx > 0 || errors > 0) throw new Error(`${non2xx} refusals, ${errors} errors`);
    };
    const after: [number, number][] = [];
    for (let part = 1; part <= 10; part += 1) {
      for (const path of [read, search]) await ask(path, requests / 20, 32);
      after.push([(part * requests) / 10, residentOf(pid)]);
    }
    const large = `${search}&code=large`;
    await ask(large, 3, 1);
    const before = residentOf(pid);
    const seen: number[] = [];
    for (let i = 0; i < 10; i += 1) {
      await ask(large, 2, 1);
      seen.push(residentOf(pid));
    }
    await ask(read, 2_000, 32);
    return { after, large: { before, most: Math.max(...seen), after: residentOf(pid) } };
  });

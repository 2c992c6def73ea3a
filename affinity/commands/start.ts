/** `affinity start`: the domain in the foreground, from the first line to a clean stop. */
import { findRunning } from '@affinity/store/postgres/running.ts';
import type { Config } from '../config.ts';
import { openDatabase } from '../database.ts';
import { createEcosystem } from '../ecosystem.ts';
import { answerHealth } from '../health.ts';
import { type Fetch, type HttpServer, listen } from '../http-server.ts';
import { createMetrics } from '../metrics.ts';
import { describeReady } from '../ready.ts';
import type { CommandInput } from './command.ts';

const graceMs = 10_000;

export const start = async ({ config, log, print }: CommandInput): Promise<number> => {
  const stop = waitForStop();
  for (const notice of config.notices) print(notice);
  const metrics = createMetrics();
  let waitingFor: string | undefined = 'the database';
  let hearsDatabase = (): boolean => true;
  let answer: Fetch | undefined;
  const wait = (): string | undefined => waitingFor ?? (hearsDatabase() ? undefined : 'the database');
  const server = await openServer(config, () =>
    listen(config, async (request, connection) => {
      const health = answerHealth({ waitingFor: wait, metrics }, pathOf(request), connection.address);
      if (health !== undefined) return health;
      if (answer === undefined)
        return new Response('Starting. Try again in a moment.\n', { status: 503, headers: { 'retry-after': '1' } });
      return answer(request, connection);
    }),
  );
  try {
    const database = await openDatabase(config, {
      log,
      join: false,
      patience: config.file.limits.database_patience_seconds * 1_000,
      onLost: (message) => stop.fail(message),
    });
    try {
      const ecosystem = await createEcosystem({ config, database, metrics, log, now: () => new Date() });
      try {
        waitingFor = 'the demonstration records';
        await ecosystem.prepare((text) => print(text));
        answer = ecosystem.fetch;
        hearsDatabase = ecosystem.hearsDatabase;
        waitingFor = undefined;
        print(describeReady(config, ecosystem, database.description));
        const lost = await stop.asked;
        if (lost !== undefined) log('stopping because the database was lost', { detail: lost });
        else print('Stopping.');
        waitingFor = 'nothing: it is stopping';
        await server.close(graceMs);
        return lost === undefined ? 0 : 1;
      } finally {
        await ecosystem.close();
      }
    } finally {
      await database.close();
    }
  } finally {
    await server.close(0);
  }
};

const pathOf = (request: Request): string => new URL(request.url).pathname;

/** Resolves once: with undefined on SIGINT or SIGTERM, with a message when the database ended by itself. */
const waitForStop = (): { asked: Promise<string | undefined>; fail: (message: string) => void } => {
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  // Heard each time: one Ctrl-C may arrive twice, from the terminal and from npm, and the second must not cut the stop short.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve(undefined));
  return { asked: promise, fail: resolve };
};

const openServer = async (
  { listen: { host, port }, dataDirectory }: Config,
  open: () => Promise<HttpServer>,
): Promise<HttpServer> => {
  try {
    return await open();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EADDRINUSE') {
      const running = findRunning(dataDirectory);
      if (running !== undefined) {
        throw new Error(
          `This domain is running already: process ${running.pid} holds ${dataDirectory}. Stop it first.`,
        );
      }
      throw new Error(
        `Port ${port} on ${host} is taken by another program. Stop it, or choose another with AFFINITY_PORT.`,
      );
    }
    if (code === 'EACCES')
      throw new Error(`Port ${port} on ${host} may not be used by this account. Choose another with AFFINITY_PORT.`);
    if (code === 'EADDRNOTAVAIL')
      throw new Error(`This machine has no address ${host}. Choose another with AFFINITY_HOST.`);
    throw error;
  }
};

/** `affinity start`: the domain in the foreground, from the first line to a clean stop. */
import type { Config } from '../config.ts';
import { openDatabase } from '../database.ts';
import { graceMs, openServer, waitForStop } from '../foreground.ts';
import { answerHealth } from '../health.ts';
import { type Fetch, listen } from '../http-server.ts';
import { createMetrics } from '../metrics.ts';
import { describeReady } from '../ready.ts';
import type { CommandInput } from './command.ts';

export const start = async ({ config, log, print }: CommandInput): Promise<number> => {
  const stop = waitForStop();
  for (const notice of config.notices) print(notice);
  const metrics = createMetrics();
  let waitingFor: string | undefined = 'the database';
  let hearsDatabase = (): boolean => true;
  let upstreams = (): Readonly<Record<string, string>> => ({});
  let answer: Fetch | undefined;
  const wait = (): string | undefined => waitingFor ?? (hearsDatabase() ? undefined : 'the database');
  const server = await openServer(placeOf(config), () =>
    listen(config, async (request, connection) => {
      const health = answerHealth(
        { waitingFor: wait, upstreams: () => upstreams(), metrics },
        pathOf(request),
        connection.address,
      );
      if (health !== undefined) return health;
      if (answer === undefined)
        return new Response('Starting. Try again in a moment.\n', { status: 503, headers: { 'retry-after': '1' } });
      return answer(request, connection);
    }),
  );
  try {
    // PostgreSQL starts, or makes its cluster, while the code of the parts is loaded.
    const opening = openDatabase(config, {
      log,
      join: false,
      patience: config.file.limits.database_patience_seconds * 1_000,
      onLost: (message) => stop.fail(message),
    });
    const [database, { createEcosystem }] = await Promise.all([opening, import('../ecosystem.ts')]);
    try {
      const ecosystem = await createEcosystem({ config, database, metrics, log, now: () => new Date() });
      try {
        waitingFor = 'the demonstration records';
        await ecosystem.prepare((text) => print(text));
        answer = ecosystem.fetch;
        hearsDatabase = ecosystem.hearsDatabase;
        upstreams = ecosystem.upstreams;
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

const placeOf = ({ listen: { host, port }, dataDirectory }: Config) => ({
  host,
  port,
  hostSetting: 'AFFINITY_HOST',
  portSetting: 'AFFINITY_PORT',
  dataDirectory,
});

const pathOf = (request: Request): string => new URL(request.url).pathname;

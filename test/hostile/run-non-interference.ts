/** `npm run proof:non-interference [-- ROUNDS [SEED]]`: 10 rounds of 200 requests for each shape of token unless said otherwise. */
import { migrate } from '@affinity/store/postgres/migrate.ts';
import { startTestCluster } from '@affinity/store/testing/cluster.ts';
import pg from 'pg';
import { proveNonInterference } from './interference.ts';
import { shapes } from './token-shapes.ts';

const rounds = Number(process.argv[2] ?? 10);
const first = Number(process.argv[3] ?? Date.now() % 1_000_000);
const cluster = await startTestCluster();
const server = new pg.Client({ connectionString: cluster.url });
await server.connect();

const withDatabases = async (work: (urls: readonly [string, string]) => Promise<void>): Promise<void> => {
  const urlOf = async (name: string): Promise<string> => {
    await server.query(`drop database if exists ${name} with (force)`);
    await server.query(`create database ${name}`);
    const url = new URL(cluster.url);
    url.pathname = `/${name}`;
    await migrate(url.href);
    return url.href;
  };
  await work([await urlOf('whole'), await urlOf('less')]);
};

const statuses: Record<string, number> = {};
let failures = 0;
try {
  for (let round = 0; round < rounds; round += 1) {
    for (const [at, shape] of shapes.entries()) {
      const seed = first + round * shapes.length + at;
      await withDatabases(async (urls) => {
        const figures = await proveNonInterference(urls, shape, { seed, requests: 200 });
        for (const [status, count] of Object.entries(figures.statuses))
          statuses[status] = (statuses[status] ?? 0) + count;
      }).catch((error: unknown) => {
        failures += 1;
        console.error(error instanceof Error ? error.message : error);
      });
    }
  }
} finally {
  await server.end();
  await cluster.stop();
}
const told = Object.entries(statuses).map(([status, count]) => `${status}: ${count}`);
console.log(`from seed ${first}: ${failures} of ${rounds * shapes.length} pairs of worlds differ (${told.join(', ')})`);
process.exitCode = failures === 0 ? 0 : 1;

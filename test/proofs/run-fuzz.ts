/** `npm run proof:fuzz [-- REQUESTS [SEED]]`: 200,000 requests at random unless said otherwise. */
import { startEmbedded } from '@affinity/store/postgres/embedded.ts';
import { migrate } from '@affinity/store/postgres/migrate.ts';
import { makeDirectory, removeDirectory } from '../journeys/domain.ts';
import { proveFuzz } from './fuzz.ts';

const requests = Number(process.argv[2] ?? 200_000);
const seed = Number(process.argv[3] ?? Date.now() % 1_000_000);
const directory = makeDirectory();
const postgres = await startEmbedded({ directory });
try {
  await migrate(postgres.url);
  console.log(`seed ${seed}`);
  const figures = await proveFuzz(postgres.url, requests, seed, (text) => console.log(text));
  const statuses = Object.entries(figures.statuses).map(([status, count]) => `${status}: ${count}`);
  console.log(`${figures.requests} requests, none answered with 5xx (${statuses.join(', ')})`);
} finally {
  await postgres.stop();
  removeDirectory(directory);
}

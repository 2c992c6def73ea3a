/**
 * The demonstration as the first start makes it, made once for a run of the tests: a domain that begins with a copy has only to
 * start. That it is made on an empty directory is shown by `start.test.ts`.
 */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { createPeople } from '@affinity/authorization-server/people.ts';
import { startEmbedded } from '@affinity/store/postgres/embedded.ts';
import { migrate } from '@affinity/store/postgres/migrate.ts';
import { createPool } from '@affinity/store/postgres/pool.ts';
import { recordMigrations } from '@affinity/store/postgres/record-migrations.ts';
import type { Preparation } from '@affinity/store/testing/template-database.ts';
import { setUp } from '../../affinity/demo/set-up.ts';

/** How many a domain under test has unless told. */
export const usualPatients = 6;

const make = async (url: string, patients: number): Promise<void> => {
  for (const server of ['identity', 'locator', 'registry']) await migrate(url, recordMigrations(), server);
  const pool = createPool({ url, onError: () => {} });
  const rest = { people: createPeople(pool), ownBases: [], patients, now: new Date(), onProgress: () => {} };
  await setUp({ pool, ...rest }).finally(() => pool.end());
};

/** For a domain whose database is given to it. */
export const demonstration = (patients: number): Preparation => ({
  name: `demonstration of ${patients}`,
  fill: (_, url) => make(url, patients),
});

const makeCluster = async (directory: string): Promise<void> => {
  const server = await startEmbedded({ directory, dangerouslyLoseDataInACrash: true });
  try {
    await migrate(server.url);
    await make(server.url, usualPatients);
  } finally {
    await server.stop();
  }
};

/** By one process while the others wait; it appears when whole. */
const ensureCluster = async (shared: string): Promise<string> => {
  const [whole, draft, claim] = ['whole', 'draft', 'claim'].map((name) => join(shared, `demonstration-${name}`)) as [
    string,
    string,
    string,
  ];
  while (!existsSync(whole)) {
    if (mkdirSync(claim, { recursive: true }) === undefined) {
      await sleep(50);
      continue;
    }
    try {
      if (existsSync(whole)) continue;
      await makeCluster(draft);
      renameSync(draft, whole);
    } finally {
      rmSync(claim, { recursive: true });
    }
  }
  return whole;
};

/** Puts the data there, where this is a run of the tests and there are none yet. */
export const giveDemonstration = async (data: string): Promise<void> => {
  const shared = process.env.AFFINITY_TEST_DIRECTORY;
  if (shared === undefined || existsSync(data)) return;
  // The files keep their owner, which need not be ours.
  await promisify(execFile)('cp', ['-a', await ensureCluster(shared), data]);
};

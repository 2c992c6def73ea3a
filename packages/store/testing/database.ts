/** A database of its own for each test. */
import { after } from 'node:test';
import { startTestCluster, type TestCluster } from './cluster.ts';
import { type Preparation, type TestDatabase, testDatabaseOn } from './template-database.ts';

export type { TestDatabase };

let ownCluster: Promise<TestCluster> | undefined;

after(async () => {
  await (await ownCluster)?.stop();
});

/**
 * Makes a database on the cluster of `AFFINITY_TEST_DATABASE_URL` (which `npm test` gives), else on one of this process.
 * @param t a test context: closes the database after that test.
 * @param preparation what stands in it from the beginning, made once.
 */
export async function testDatabase(
  t?: { after(work: () => Promise<void>): void },
  preparation?: Preparation,
): Promise<TestDatabase> {
  const database = await testDatabaseOn(await serverUrl(), preparation);
  t?.after(database.close);
  return database;
}

async function serverUrl(): Promise<string> {
  const given = process.env.AFFINITY_TEST_DATABASE_URL;
  if (given !== undefined) return given;
  ownCluster ??= startTestCluster();
  return (await ownCluster).url;
}

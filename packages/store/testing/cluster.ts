/** A PostgreSQL for tests: in a temporary folder, without fsync, gone when it stops. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { startEmbedded } from '../postgres/embedded.ts';

/** A running test server. `url` connects as a role that may make databases and is no superuser. */
export type TestCluster = { readonly url: string; stop(): Promise<void> };

/** Starts one in about a second. */
export async function startTestCluster(): Promise<TestCluster> {
  const directory = mkdtempSync(join(tmpdir(), 'affinity-test-'));
  const server = await startEmbedded({ directory, dangerouslyLoseDataInACrash: true });
  const client = new pg.Client({ connectionString: server.administratorUrl });
  await client.connect();
  await client.query('alter role affinity createdb');
  await client.end();
  return {
    url: server.url,
    stop: async () => {
      await server.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/**
 * A database of its own, copied from a template that has had the migrations, for whoever has a cluster at hand
 * (PostgreSQL 18 documentation, 22.3).
 */
import { createHash, randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { type Migration, migrate, readMigrations } from '../postgres/migrate.ts';
import { createPool } from '../postgres/pool.ts';

/** A migrated database. */
export type TestDatabase = {
  /** Its connections. */
  readonly pool: pg.Pool;
  /** For more connections, or for a part that makes its own. */
  readonly url: string;
  /** Ends the pool and drops the database. May be called twice. */
  close(): Promise<void>;
};

/** Rows that many databases begin with, made once for a cluster. */
export interface Preparation {
  /** the same name, the same rows */
  readonly name: string;
  fill(pool: pg.Pool, url: string): Promise<void>;
}

/** Makes one on the cluster of this URL, whose role may make databases. */
export async function testDatabaseOn(server: string, preparation?: Preparation): Promise<TestDatabase> {
  const name = `test_${randomBytes(8).toString('hex')}`;
  const migrations = readMigrations();
  await withClient(server, async (client) => {
    const migrated = await ensureTemplate(client, contentOf(migrations), {
      from: 'template1',
      fill: (draft) => migrate(withDatabase(server, draft), migrations),
    });
    const template =
      preparation === undefined
        ? migrated
        : await ensureTemplate(client, [migrated, preparation.name], {
            from: migrated,
            fill: (draft) => filled(withDatabase(server, draft), preparation),
          });
    // The files as they are: without fsync, the checkpoints for that cost less than the log of every page would.
    await client.query(`create database ${name} template ${template} strategy file_copy`);
  });
  const url = withDatabase(server, name);
  const pool = createPool({ url, applicationName: 'affinity test', onError: () => {} });
  const close = async (): Promise<void> => {
    await pool.end();
    await withClient(server, (client) => drop(client, name));
  };
  let closing: Promise<void> | undefined;
  return {
    pool,
    url,
    close: () => {
      closing ??= close();
      return closing;
    },
  };
}

/**
 * A worker of autovacuum is in it now and then, which only a superuser may end (42501): it is soon gone. The last attempt
 * tells.
 */
async function drop(client: pg.Client, name: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await client.query(`drop database if exists ${name} with (force)`);
      return;
    } catch (error) {
      if (!(error instanceof pg.DatabaseError) || error.code !== '42501' || attempt === 50) throw error;
      await sleep(100);
    }
  }
}

/** The template has the name of what is in it, is made by one process while the others wait, and appears when whole. */
async function ensureTemplate(
  client: pg.Client,
  content: readonly string[],
  { from, fill }: { readonly from: string; fill(draft: string): Promise<unknown> },
): Promise<string> {
  const template = `template_${createHash('sha256').update(content.join('\n')).digest('hex').slice(0, 16)}`;
  await client.query('select pg_advisory_lock(hashtext($1))', [template]);
  const { rowCount } = await client.query('select from pg_database where datname = $1', [template]);
  if (rowCount === 0) {
    const draft = `${template}_draft`;
    await drop(client, draft);
    await client.query(`create database ${draft} template ${from}`);
    await fill(draft);
    await client.query(`alter database ${draft} rename to ${template}`);
  }
  await client.query('select pg_advisory_unlock(hashtext($1))', [template]);
  return template;
}

const contentOf = (migrations: readonly Migration[]): readonly string[] =>
  migrations.map(({ name, checksum }) => `${name} ${checksum}`);

async function filled(url: string, { fill }: Preparation): Promise<void> {
  const pool = createPool({ url, applicationName: 'affinity test', onError: () => {} });
  await fill(pool, url).finally(() => pool.end());
}

async function withClient<Result>(url: string, work: (client: pg.Client) => Promise<Result>): Promise<Result> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

function withDatabase(url: string, name: string): string {
  const changed = new URL(url);
  changed.pathname = `/${name}`;
  return changed.href;
}

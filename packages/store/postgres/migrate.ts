/**
 * Brings a database to this version's tables: the numbered `.sql` files of a folder, each once, in order, under one lock
 * (PostgreSQL 18 documentation, 13.3.5).
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { searchPath } from './search-path.ts';

/** One migration file: `0001-resources.sql`. */
export type Migration = { readonly name: string; readonly checksum: string; readonly sql: string };

/** The folder of this version's migrations. */
export const MIGRATIONS = join(import.meta.dirname, '../migrations');

const FILE_NAME = /^\d{4}-[a-z0-9-]+\.sql$/;
const LOCK = 4_170_318_255; // any number, the same in every process that migrates

/**
 * The migrations of `folder` in the order of their numbers; none when it is empty.
 * @throws Error naming a file that is misnamed or a number that is used twice.
 */
export function readMigrations(folder: string = MIGRATIONS): readonly Migration[] {
  const names = readdirSync(folder).filter((name) => name.endsWith('.sql'));
  const numbers = new Map<string, string>();
  for (const name of names.sort()) {
    if (!FILE_NAME.test(name)) throw new Error(`Migration ${name} must be named like 0001-what-it-makes.sql.`);
    const other = numbers.get(name.slice(0, 4));
    if (other !== undefined) throw new Error(`Migrations ${other} and ${name} have the same number.`);
    numbers.set(name.slice(0, 4), name);
  }
  return names.map((name) => {
    const sql = readFileSync(join(folder, name), 'utf8');
    return { name, checksum: createHash('sha256').update(sql).digest('hex'), sql };
  });
}

/**
 * Runs the migrations that `url`'s database has not had, each in a transaction of its own. Several processes may do this
 * at once: one works, the others wait and find nothing to do.
 * @param schema where the tables are made, and made if it is not there; the database's own unless told.
 * @returns the names of those that ran.
 * @throws Error when a migration fails, or when the database was made by other files than these.
 */
export async function migrate(url: string, migrations = readMigrations(), schema?: string): Promise<readonly string[]> {
  const client = new pg.Client({
    connectionString: url,
    application_name: 'affinity migration',
    ...(schema === undefined ? {} : { options: searchPath(schema) }),
  });
  client.on('error', () => {}); // the statement under way reports it
  await client.connect();
  try {
    // Held by the session: it ends with the connection, whatever happens to this process.
    await client.query('select pg_advisory_lock($1)', [LOCK]);
    if (schema !== undefined) await client.query(`create schema if not exists ${schema}`);
    await client.query(
      'create table if not exists schema_migration (name text primary key, checksum text not null, ' +
        'applied_at timestamptz not null default now())',
    );
    const pending = selectPending(migrations, await readApplied(client));
    for (const migration of pending) await apply(client, migration);
    return pending.map((migration) => migration.name);
  } finally {
    await client.end();
  }
}

type Applied = Pick<Migration, 'name' | 'checksum'>;

async function readApplied(client: pg.Client): Promise<readonly Applied[]> {
  const { rows } = await client.query<Applied>('select name, checksum from schema_migration order by name');
  return rows;
}

function selectPending(migrations: readonly Migration[], applied: readonly Applied[]): readonly Migration[] {
  const known = new Map(migrations.map((migration) => [migration.name, migration]));
  for (const { name, checksum } of applied) {
    const migration = known.get(name);
    if (migration === undefined) {
      throw new Error(
        `The database has had the migration ${name}, which this version does not know. Run the newer version.`,
      );
    }
    if (migration.checksum !== checksum) {
      throw new Error(`The migration ${name} was changed after the database had it. Put it back and add a new one.`);
    }
  }
  const last = applied.at(-1)?.name ?? '';
  const done = new Set(applied.map(({ name }) => name));
  const pending = migrations.filter(({ name }) => !done.has(name));
  const late = pending.find(({ name }) => name < last);
  if (late)
    throw new Error(`The migration ${late.name} comes before ${last}, which the database has had. Number it after.`);
  return pending;
}

async function apply(client: pg.Client, migration: Migration): Promise<void> {
  try {
    await client.query('begin');
    await client.query(migration.sql);
    await client.query('insert into schema_migration (name, checksum) values ($1, $2)', [
      migration.name,
      migration.checksum,
    ]);
    await client.query('commit');
  } catch (error) {
    await client.query('rollback').catch(() => {}); // without a connection there is nothing to roll back
    throw new Error(`The migration ${migration.name} failed: ${error instanceof Error ? error.message : error}`, {
      cause: error,
    });
  }
}

/** Resources that stand as JSON in a column, behind the gateway, pass the suite that every Backend runs, as far as it reads. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { resourceTypes } from '@affinity/core/fhir/resource-type.ts';
import { searchParametersOf } from '@affinity/core/fhir/search-parameter.ts';
import { describeBackend } from '@affinity/core/testing/backend.ts';
import { evaluate } from '@affinity/policy/filter.ts';
import { testDatabase } from '@affinity/store/testing/database.ts';
import { createSourceBackend } from '../source-backend.ts';
import type { SqlEngine } from './engine.ts';
import { openPostgresql } from './postgresql.ts';
import { openSqlite } from './sqlite.ts';
import { openSource } from './testing/opened.ts';

const table =
  'create table record (type varchar(40), id varchar(64), changed bigint not null, body text not null, primary key (type, id))';

const mapping = `
updated: 2020-01-01T00:00:00Z
resources:
${resourceTypes
  .map(
    (type) => `  ${type}:
    sql: select * from record where type = '${type}'
    id: id
    updated: { column: changed, date: epoch-milliseconds }
    body: body
    search: [${searchParametersOf(type)
      .map(({ code }) => code)
      .join(', ')}]
`,
  )
  .join('')}`;

type Run = (statement: string, values: readonly (string | number)[]) => Promise<void>;

const under = async (engine: SqlEngine, run: Run, close: () => Promise<void>) => {
  const { source } = await openSource(engine, mapping);
  return {
    backend: createSourceBackend({ source, ownBases: [] }),
    evaluate,
    share: 0.25,
    keepsCanonicals: false as const,
    fill: {
      put: async (resource: Resource, id: string) => {
        await run('delete from record where type = $1 and id = $2', [resource.resourceType, id]);
        const row = [resource.resourceType, id, Date.now(), JSON.stringify(resource)];
        await run('insert into record (type, id, changed, body) values ($1, $2, $3, $4)', row);
      },
      remove: (type: string, id: string) => run('delete from record where type = $1 and id = $2', [type, id]),
    },
    close: async () => {
      await engine.close();
      await close();
    },
  };
};

describeBackend('resources in a column of PostgreSQL, behind the gateway,', async () => {
  const { pool, url, close } = await testDatabase();
  await pool.query(table);
  const run: Run = async (text, values) => void (await pool.query(text, [...values]));
  return under(openPostgresql({ url }), run, close);
});

describeBackend('resources in a column of SQLite, behind the gateway,', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'affinity-sqlite-'));
  const path = join(folder, 'records.db');
  const database = new DatabaseSync(path);
  database.exec(table);
  const run: Run = async (text, values) => void database.prepare(text.replaceAll(/\$\d/g, '?')).run(...values);
  return under(openSqlite({ path }), run, async () => {
    database.close();
    rmSync(folder, { recursive: true });
  });
});

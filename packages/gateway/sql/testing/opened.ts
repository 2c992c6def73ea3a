/** The small hospital opened as a Source on either engine, for tests. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testDatabase } from '@affinity/store/testing/database.ts';
import type { Source } from '../../source.ts';
import type { DatabaseFailure } from '../database-fault.ts';
import type { SqlEngine } from '../engine.ts';
import { faultText, loadMapping } from '../load-mapping.ts';
import type { Mapping } from '../mapping.ts';
import { openPostgresql } from '../postgresql.ts';
import { openSqlSource } from '../sql-source.ts';
import { openSqlite } from '../sqlite.ts';
import type { Withheld } from '../table.ts';
import { fillPostgresql, fillSqlite, mapping as smallMapping } from './small-hospital.ts';

export type EngineName = 'PostgreSQL' | 'SQLite';
export const engineNames: readonly EngineName[] = ['PostgreSQL', 'SQLite'];

export interface Database {
  readonly engine: SqlEngine;
  /** runs a statement that writes, beside the engine */
  readonly failures: readonly DatabaseFailure[];
}
type Context = { after(work: () => Promise<void>): void };

export const mappingOf = (text: string): Mapping => {
  const loaded = loadMapping(text);
  assert.ok(loaded.kind === 'mapping', loaded.kind === 'faults' ? loaded.faults.map(faultText).join('\n') : '');
  return loaded.mapping;
};

/** The small hospital's tables in a database of its own. */
export const openDatabase = async (name: EngineName, t: Context, milliseconds = 10_000): Promise<Database> => {
  const failures: DatabaseFailure[] = [];
  const more = { statementMilliseconds: milliseconds, onFailure: (one: DatabaseFailure) => void failures.push(one) };
  if (name === 'PostgreSQL') {
    const { pool, url } = await testDatabase(t);
    await fillPostgresql(pool);
    const engine = openPostgresql({ url, ...more });
    t.after(() => engine.close());
    return { engine, failures };
  }
  const folder = mkdtempSync(join(tmpdir(), 'affinity-sqlite-'));
  const path = join(folder, 'hospital.db');
  fillSqlite(path);
  const engine = openSqlite({ path, ...more });
  t.after(async () => {
    await engine.close();
    rmSync(folder, { recursive: true });
  });
  return { engine, failures };
};

export const openSource = async (
  engine: SqlEngine,
  text = smallMapping,
): Promise<{ source: Source; withheld: Withheld[] }> => {
  const withheld: Withheld[] = [];
  const opened = await openSqlSource({
    name: 'hospital',
    mapping: mappingOf(text),
    engine,
    onWithheld: (one) => void withheld.push(one),
  });
  assert.ok(opened.kind === 'source', opened.kind === 'faults' ? opened.faults.map(faultText).join('\n') : '');
  return { source: opened.source, withheld };
};

/** The prefixes in SQL, an instant by its short form and by the general one, on every side of every edge. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createDatabase } from './database.ts';
import { instantSql, rangeSql } from './date-sql.ts';
import { sql } from './sql.ts';
import { testDatabase } from './testing/database.ts';

test('an instant compares as the range of its millisecond', async (t) => {
  const { pool } = await testDatabase(t);
  const { query } = createDatabase(pool);
  for (const prefix of ['eq', 'ne', 'gt', 'lt', 'ge', 'le', 'sa', 'eb', 'ap'] as const) {
    const asked = { prefix, start: 10, end: 20 };
    const short = instantSql(sql`at`, asked);
    const general = rangeSql({ start: sql`at`, end: sql`(at + 1)` }, asked);
    const [row] = await query<{ short: number[]; general: number[] }>(sql`
      select array_agg(at) filter (where ${short}) as short, array_agg(at) filter (where ${general}) as general
      from generate_series(0, 30) at`);
    assert.ok(row && row.short.length > 0 && row.short.length < 31, prefix);
    assert.deepEqual(row.short, row.general, prefix);
  }
});

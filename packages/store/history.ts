/** The versions of one resource, newest first. FHIR R4 http.html#history. */
import type { Backend, HistoryEntry } from '@affinity/core/fhir/backend.ts';
import type { Database } from './database.ts';
import { filterSql } from './filter-sql.ts';
import { andSql, type Sql, sql } from './sql.ts';
import { resourceKey } from './terms.ts';
import { parseVersionId, toDeletion, toVersion, type VersionRow } from './version-row.ts';

interface HistoryRow extends VersionRow {
  readonly method: HistoryEntry['method'];
}

/** Each version is judged by its own content and by the current (or last) one, so the page is cut after the Filter. */
export const createHistory =
  ({ query }: Database): Backend['historyInstance'] =>
  async ({ type, id, page }, filter) => {
    const rid = resourceKey(type, id);
    const current = sql`f.rid = ${rid} and f.type = ${type} and f.id = ${id} and ${filterSql(filter, type)}`;
    const [seen] = await query<{ readonly version: number }>(sql`select f.version from resource f where ${current}`);
    if (seen === undefined) return { kind: 'absent' };
    const before = page.before === undefined ? undefined : (parseVersionId(page.before) ?? 0);
    const wanted = (version: Sql, updated: Sql): Sql =>
      andSql([
        ...(before === undefined ? [] : [sql`${version} < ${before}`]),
        ...(page.since === undefined ? [] : [sql`${updated} >= ${Date.parse(page.since)}`]),
      ]);
    const rows = await query<HistoryRow>(sql`
      select f.id, f.version, f.last_updated, f.deleted, f.body, f.method from resource f
      where ${current} and ${wanted(sql`f.version`, sql`f.last_updated`)}
      union all
      select f.id, h.version, h.last_updated, h.method = 'DELETE', h.body, h.method
      from resource f join resource_history h on h.rid = f.rid
      where ${current} and ${filterSql(filter, type, 'h')} and ${wanted(sql`h.version`, sql`h.last_updated`)}
      order by version desc limit ${page.count + 1}`);
    const shown = rows.slice(0, page.count);
    const last = shown.at(-1);
    return {
      kind: 'history',
      entries: shown.map((row) => ({
        method: row.method,
        version: row.deleted ? toDeletion(type, row) : toVersion(type, row),
      })),
      ...(rows.length > shown.length && last !== undefined ? { next: String(last.version) } : {}),
    };
  };

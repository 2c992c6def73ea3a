/** The versions of all resources of some types, newest first. FHIR R4 http.html#history. */
import type { Backend, FilterOf, HistoryOf } from '@affinity/core/fhir/backend.ts';
import { filterSql } from './filter-sql.ts';
import { type HistoryRow, toHistory, wantedSql } from './history-page.ts';
import { type Sql, sql } from './sql.ts';
import type { Ask } from './time-limit.ts';
import { type TypeGroup, typeGroups } from './type-groups.ts';

/** Keys and bodies are fetched apart: of each type a page's worth of narrow rows is looked at, and few are shown. */
const versionsOf = ({ types, type }: TypeGroup, { page }: HistoryOf, filterOf: FilterOf): readonly Sql[] => {
  const filter = filterOf(type);
  const limit = page.count + 1;
  const each = (rows: Sql): Sql =>
    sql`select v.* from unnest(${types}::text[]) as t (type) cross join lateral (${rows}) v`;
  const current = (deleted: Sql): Sql =>
    each(sql`select f.rid, f.version, f.last_updated, true as is_current from resource f
      where f.type = t.type and ${deleted} and ${filterSql(filter, type)} and ${wantedSql(page, 'f')}
      order by f.last_updated desc, f.rid desc limit ${limit}`);
  return [
    current(sql`not f.deleted`),
    current(sql`f.deleted`),
    each(sql`select h.rid, h.version, h.last_updated, false as is_current
      from resource_history h cross join lateral (select r.* from resource r where r.rid = h.rid offset 0) f
      where h.type = t.type and ${filterSql(filter, type, 'h')} and ${filterSql(filter, type)} and ${wantedSql(page, 'h')}
      order by h.last_updated desc, h.rid desc, h.version desc limit ${limit}`),
  ];
};

/** Each version is judged by its own content and by the current (or last) one, so the page is cut after the Filter. */
export const createTypesHistory =
  (ask: Ask): NonNullable<Backend['history']> =>
  (of, filterOf, signal) =>
    ask(async (query) => {
      const [first, ...others] = typeGroups(of.types, filterOf).flatMap((group) => versionsOf(group, of, filterOf));
      if (first === undefined) return { kind: 'history', entries: [] };
      const found = others.reduce((all, part) => sql`${all} union all ${part}`, first);
      const order = sql`order by last_updated desc, rid desc, version desc`;
      const rows = await query<HistoryRow>(sql`
        with page as materialized (select * from (${found}) v ${order} limit ${of.page.count + 1})
        select r.rid, r.type, r.id, r.version, r.last_updated, r.deleted, r.owner, r.owners, r.body, r.method
        from page join resource r on r.rid = page.rid where page.is_current
        union all
        select h.rid, h.type, h.id, h.version, h.last_updated, h.method = 'DELETE', h.owner, h.owners, h.body, h.method
        from page join resource_history h on h.rid = page.rid and h.version = page.version where not page.is_current
        ${order}`);
      return toHistory(rows, of.page.count);
    }, signal);

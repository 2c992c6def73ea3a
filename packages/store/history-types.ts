/** The versions of all resources of some types, newest first. FHIR R4 http.html#history. */
import type { Backend, FilterOf, HistoryOf } from '@affinity/core/fhir/backend.ts';
import { filterPatient, filterSql } from './filter-sql.ts';
import { type HistoryRow, toHistory, wantedSql } from './history-page.ts';
import { type Sql, sql } from './sql.ts';
import type { Ask } from './time-limit.ts';
import { type TypeGroup, typeGroups } from './type-groups.ts';

/** Where the rows of one type come from: all of them in the order of the history, or those of one patient's record. */
const sourcesOf = (patient: string | undefined): { readonly current: Sql; readonly earlier: Sql } => {
  const before = sql`cross join lateral (select r.* from resource r where r.rid = h.rid offset 0) f`;
  if (patient === undefined) {
    return {
      current: sql`resource f where f.type = t.type and not f.deleted`,
      earlier: sql`resource_history h ${before} where h.type = t.type`,
    };
  }
  return {
    current: sql`compartment c cross join lateral (select r.* from resource r where r.rid = c.rid offset 0) f
      where c.patient = ${patient} and c.type = t.type`,
    earlier: sql`(select c.rid from compartment c where c.patient = ${patient} and c.type = t.type
        union all select d.rid from resource d where d.type = t.type and d.deleted and d.owner = ${patient}) known
      cross join lateral (select o.* from resource_history o where o.rid = known.rid offset 0) h ${before} where true`,
  };
};

/** Keys and bodies are fetched apart: of each type a page's worth of narrow rows is looked at, and few are shown. */
const versionsOf = ({ types, type }: TypeGroup, { page }: HistoryOf, filterOf: FilterOf): readonly Sql[] => {
  const filter = filterOf(type);
  const { current, earlier } = sourcesOf(filterPatient(filter));
  const each = (rows: Sql): Sql => sql`select v.* from unnest(${types}::text[]) as t (type) cross join lateral (${rows}
    limit ${page.count + 1}) v`;
  const asItIs = (from: Sql): Sql =>
    each(sql`select f.rid, f.version, f.last_updated, true as is_current from ${from}
      and ${filterSql(filter, type)} and ${wantedSql(page, 'f')} order by f.last_updated desc, f.rid desc`);
  return [
    asItIs(current),
    asItIs(sql`resource f where f.type = t.type and f.deleted`),
    each(sql`select h.rid, h.version, h.last_updated, false as is_current from ${earlier}
      and ${filterSql(filter, type, 'h')} and ${filterSql(filter, type)} and ${wantedSql(page, 'h')}
      order by h.last_updated desc, h.rid desc, h.version desc`),
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

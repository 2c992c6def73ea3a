/** The versions of all resources of some types, newest first. FHIR R4 http.html#history. */
import type { Backend, FilterOf, HistoryOf } from '@affinity/core/fhir/backend.ts';
import { filterPatient, filterSql } from './filter-sql.ts';
import { type HistoryRow, toHistory, wantedSql } from './history-page.ts';
import { type Sql, sql } from './sql.ts';
import type { Ask } from './time-limit.ts';
import { type TypeGroup, typeGroups, visibleSql } from './type-groups.ts';

/** The resource of an earlier version. */
const itsResource = sql`cross join lateral (select r.* from resource r where r.rid = h.rid offset 0) f`;
const newestFirst = {
  f: sql`order by f.last_updated desc, f.rid desc`,
  h: sql`order by h.last_updated desc, h.rid desc, h.version desc`,
} as const;
const current = sql`select f.rid, f.version, f.last_updated, true as is_current from`;
const earlier = sql`select h.rid, h.version, h.last_updated, false as is_current from`;

/**
 * Keys and bodies are fetched apart: of each type a page's worth of narrow rows is looked at in the order of its index,
 * and few are shown.
 */
const versionsOf = ({ types, type }: TypeGroup, { page }: HistoryOf, filterOf: FilterOf): readonly Sql[] => {
  const filter = filterOf(type);
  const seenEarlier = filterSql(filter, type, 'h');
  const each = (rows: Sql): Sql => sql`select v.* from unnest(${types}::text[]) as t (type) cross join lateral (${rows}
    limit ${page.count + 1}) v`;
  const asItIs = (deleted: Sql): Sql =>
    each(sql`${current} resource f where f.type = t.type and ${deleted}
      and ${filterSql(filter, type)} and ${wantedSql(page, 'f', sql`true`)} ${newestFirst.f}`);
  return [
    asItIs(sql`not f.deleted`),
    asItIs(sql`f.deleted`),
    each(sql`${earlier} resource_history h ${itsResource} where h.type = t.type
      and ${seenEarlier} and ${filterSql(filter, type)} and ${wantedSql(page, 'h', seenEarlier)} ${newestFirst.h}`),
  ];
};

/** Where every Filter leaves one patient's record alone, the versions of what is in it. */
const versionsOfRecord = (
  patient: string,
  groups: readonly TypeGroup[],
  { page }: HistoryOf,
  filterOf: FilterOf,
): readonly Sql[] => {
  const types = groups.flatMap((group) => group.types);
  const deleted = sql`f.type = any(${types}) and f.deleted and f.owner = ${patient}`;
  const visible = sql`${visibleSql(groups, filterOf)} and ${wantedSql(page, 'f', sql`true`)}`;
  return [
    sql`${current} compartment c cross join lateral (select r.* from resource r where r.rid = c.rid offset 0) f
      where c.patient = ${patient} and c.type = any(${types}) and ${visible}`,
    sql`${current} resource f where ${deleted} and ${visible}`,
    sql`${earlier} (select c.rid from compartment c where c.patient = ${patient} and c.type = any(${types})
        union all select f.rid from resource f where ${deleted}) known
      cross join lateral (select o.* from resource_history o where o.rid = known.rid offset 0) h ${itsResource}
      where ${visibleSql(groups, filterOf, ['f', 'h'])} and ${wantedSql(page, 'h', visibleSql(groups, filterOf, ['h']))}`,
  ];
};

const allVersions = (of: HistoryOf, filterOf: FilterOf): readonly Sql[] => {
  const groups = typeGroups(of.types, filterOf);
  const [patient, ...others] = new Set(groups.map(({ type }) => filterPatient(filterOf(type))));
  return patient !== undefined && others.length === 0
    ? versionsOfRecord(patient, groups, of, filterOf)
    : groups.flatMap((group) => versionsOf(group, of, filterOf));
};

/** Each version is judged by its own content and by the current (or last) one, so the page is cut after the Filter. */
export const createTypesHistory =
  (ask: Ask): NonNullable<Backend['history']> =>
  (of, filterOf, signal) =>
    ask(async (query) => {
      const [first, ...others] = allVersions(of, filterOf);
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

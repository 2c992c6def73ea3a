/** The statements that put a resource and the rows it is found by into the tables, and take them out. */
import { termArray } from './filter-sql.ts';
import { orderingDate, type ResourceRow } from './resource-row.ts';
import { joinSql, type Sql, sql } from './sql.ts';
import type { Term } from './terms.ts';
import { valueRows, withoutValueRows } from './value-rows.ts';

/** Rows of the tables beside `resource`, for the resource that the common table expression `stored` returns. */
const indexRows = (row: ResourceRow): Sql =>
  joinSql(
    [
      sql`
  in_compartment as (
    insert into compartment (rid, occurred, occurred_end, last_updated, confidentiality, patient, type, owner, terms)
    select s.rid, s.occurred, s.occurred_end, s.last_updated, s.confidentiality, patient, s.type, s.owner, s.terms
    from stored s, unnest(s.patients) patient),
  posted as (
    insert into posting (term, occurred, rid)
    select term, s.occurred, s.rid from stored s, unnest(${termArray(row.postings)}::bigint[]) term),
  with_strings as (
    insert into string_index (rid, parameter, folded, text)
    select s.rid, entry.* from stored s, unnest(${row.strings.map(({ param }) => param)}::text[],
      ${row.strings.map(({ folded }) => folded)}::text[], ${row.strings.map(({ text }) => text)}::text[]) entry),
  with_dates as (
    insert into date_index (rid, parameter, start_at, end_at)
    select s.rid, entry.* from stored s, unnest(${row.dates.map(({ param }) => param)}::text[],
      ${row.dates.map(({ start }) => start)}::bigint[], ${row.dates.map(({ end }) => end)}::bigint[]) entry)`,
      ...valueRows(row),
    ],
    ', ',
  );

/**
 * Version 1, by the generation of search parameters that the row was made by. Returns a row, or none when the key is
 * taken. `alone`: it fails where others have their owner through this resource (0050-search-values.sql, `begin_write`).
 */
export const insertResource = (
  row: ResourceRow,
  lastUpdated: number,
  body: string,
  { generation, alone }: { readonly generation: number; readonly alone: boolean },
): Sql => sql`
  with stored as (
    insert into resource (rid, last_updated, occurred, occurred_end, version, confidentiality, deleted, method, type,
      id, owner, owners, patients, terms, body)
    values ((select ${row.rid}::bigint from begin_write(${generation}, ${alone ? row.rid : null})), ${lastUpdated},
      ${row.occurred ?? lastUpdated}, ${row.occurredEnd}, 1, ${row.confidentiality},
      false, 'POST', ${row.type}, ${row.id}, ${row.owner}, ${row.owners}, ${row.patients}, ${termArray(row.terms)},
      ${body})
    on conflict (rid) do nothing
    returning *),
  ${indexRows(row)}
  select rid from stored`;

/** The next version, over the stored one, whose index rows are out already. */
export const replaceResource = (row: ResourceRow, version: number, lastUpdated: number, body: string): Sql => sql`
  with stored as (
    update resource set last_updated = ${lastUpdated}, occurred = ${row.occurred ?? lastUpdated},
      occurred_end = ${row.occurredEnd}, version = ${version}, confidentiality = ${row.confidentiality},
      deleted = false, method = 'PUT', owner = ${row.owner}, owners = ${row.owners}, patients = ${row.patients},
      terms = ${termArray(row.terms)}, body = ${body}, dates = null
    where rid = ${row.rid}
    returning *),
  ${indexRows(row)}
  select rid from stored`;

/** The same version, found by what it is found by now. Its old index rows are out already. */
export const reindexResource = (row: ResourceRow): Sql => sql`
  with stored as (
    update resource set occurred = coalesce(${row.occurred}::bigint, last_updated), occurred_end = ${row.occurredEnd},
      confidentiality = ${row.confidentiality}, owner = ${row.owner}, owners = ${row.owners},
      patients = ${row.patients}, terms = ${termArray(row.terms)}
    where rid = ${row.rid}
    returning *),
  ${indexRows(row)}
  select rid from stored`;

/** Takes out what a resource is found by. Its row in `resource` stays as it is. */
const withoutIndexRows = (rid: Term): Sql => sql`
  out_of_compartment as (
    delete from compartment c using old
    where c.patient = any(old.patients) and c.type = old.type and c.occurred = old.occurred and c.rid = old.rid),
  unposted as (
    delete from posting p using old
    where p.term = any(old.terms) and p.occurred = old.occurred and p.rid = old.rid),
  without_strings as (delete from string_index where rid = ${rid}),
  without_dates as (delete from date_index where rid = ${rid}),
  ${withoutValueRows(rid)}
  select rid from old`;

export const removeIndexRows = (rid: Term): Sql => sql`
  with old as (select * from resource where rid = ${rid}),
  ${withoutIndexRows(rid)}`;

/** The dates of the version in `old`, as the history keeps them (0080-facts-of-other-versions.sql). */
const datesOf = (rid: Term): Sql => sql`
  case when old.deleted then old.dates else (
    select coalesce(jsonb_object_agg(param, jsonb_build_array(first, last)), '{}') from (
      select substr(d.parameter, length(old.type) + 2) as param, min(d.start_at) as first, max(d.end_at) as last
      from date_index d where d.rid = ${rid} group by d.parameter
      union all
      select ${orderingDate}, old.occurred, old.occurred_end where old.occurred_end is not null) dated) end`;

/** The same, and puts the current version into the history. */
export const retireVersion = (rid: Term): Sql => sql`
  with old as (select * from resource where rid = ${rid}),
  kept as (
    insert into resource_history
      (rid, version, last_updated, confidentiality, method, type, id, owner, owners, patients, terms, dates, body)
    select rid, version, last_updated, confidentiality, method, type, id, owner, owners,
      case when old.deleted and old.dates is null then null else patients end, terms, ${datesOf(rid)}, body from old),
  ${withoutIndexRows(rid)}`;

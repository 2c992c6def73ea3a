/** The statements that put a resource and the rows it is found by into the tables, and take them out. */
import { termArray } from './filter-sql.ts';
import type { ResourceRow } from './resource-row.ts';
import { type Sql, sql } from './sql.ts';
import type { Term } from './terms.ts';

/** Rows of the tables beside `resource`, for the resource that the common table expression `stored` returns. */
const indexRows = (row: ResourceRow): Sql => sql`
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
      ${row.dates.map(({ start }) => start)}::bigint[], ${row.dates.map(({ end }) => end)}::bigint[]) entry)`;

/** Version 1. Returns a row, or none when the key is taken. */
export const insertResource = (row: ResourceRow, lastUpdated: number, body: string): Sql => sql`
  with stored as (
    insert into resource (rid, last_updated, occurred, occurred_end, version, confidentiality, deleted, method, type,
      id, owner, patients, terms, body)
    values (${row.rid}, ${lastUpdated}, ${row.occurred ?? lastUpdated}, ${row.occurredEnd}, 1, ${row.confidentiality},
      false, 'POST', ${row.type}, ${row.id}, ${row.owner}, ${row.patients}, ${termArray(row.terms)}, ${body})
    on conflict (rid) do nothing
    returning *),
  ${indexRows(row)}
  select rid from stored`;

/** The next version, over the stored one, whose index rows are out already. */
export const replaceResource = (row: ResourceRow, version: number, lastUpdated: number, body: string): Sql => sql`
  with stored as (
    update resource set last_updated = ${lastUpdated}, occurred = ${row.occurred ?? lastUpdated},
      occurred_end = ${row.occurredEnd}, version = ${version}, confidentiality = ${row.confidentiality},
      deleted = false, method = 'PUT', owner = ${row.owner}, patients = ${row.patients},
      terms = ${termArray(row.terms)}, body = ${body}
    where rid = ${row.rid}
    returning *),
  ${indexRows(row)}
  select rid from stored`;

/** Puts the current version into the history and takes out what it is found by. Its row in `resource` stays. */
export const removeIndexRows = (rid: Term): Sql => sql`
  with old as (select * from resource where rid = ${rid}),
  kept as (
    insert into resource_history
      (rid, version, last_updated, confidentiality, method, type, id, owner, terms, body)
    select rid, version, last_updated, confidentiality, method, type, id, owner, terms, body from old),
  out_of_compartment as (
    delete from compartment c using old
    where c.patient = any(old.patients) and c.type = old.type and c.occurred = old.occurred and c.rid = old.rid),
  unposted as (
    delete from posting p using old
    where p.term = any(old.terms) and p.occurred = old.occurred and p.rid = old.rid),
  without_strings as (delete from string_index where rid = ${rid}),
  without_dates as (delete from date_index where rid = ${rid})
  select rid from old`;

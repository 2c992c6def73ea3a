/**
 * What a Filter asks about patients and dates, as conditions on one row. A version that was replaced, or a resource that was
 * deleted, before 0080-facts-of-other-versions.sql has facts that are not known: then the condition is null, which under
 * `not` too lets nothing through. docs/decisions/0002-table-layout.md.
 */
import type { Filter } from '@affinity/core/fhir/filter.ts';
import { orderingDate } from './resource-row.ts';
import { andSql, type Sql, sql, withoutNul } from './sql.ts';

/** The rows that carry facts: `f` the resource (or its row in compartment), `h` an earlier version. */
export type RowName = 'f' | 'h';

/** Rows `f` by patient, with the columns of a resource's row that a Filter asks for; what is not asked for costs nothing. */
export const inCompartment: Sql = sql`(select c.*, false as deleted, null::jsonb as dates,
  (select r.patients from resource r where r.rid = c.rid) as patients from compartment c) f`;

const owner = { f: sql`f.owner`, h: sql`h.owner` } as const;
/** A resource that is deleted has dates, if only none, since it is known whom it names. */
const named = {
  f: sql`case when f.deleted and f.dates is null then null else f.patients end`,
  h: sql`h.patients`,
} as const;

/** Up to so many are compared one by one; more are hashed, once for each statement. */
const few = 8;

/** A fact of the row is one of these. It stands within a case, where the database makes no join of it. */
const isOneOf = (value: Sql, ids: readonly string[]): Sql =>
  ids.length > few ? sql`${value} in (select unnest(${ids}::text[]))` : sql`${value} = any(${ids}::text[])`;

/** The one patient whose record it is, is one of these. A row without an owner is false, not unknown. */
export const ownedSql = (patients: readonly string[], row: RowName): Sql =>
  sql`(case when ${owner[row]} is null then false else ${isOneOf(owner[row], patients.map(withoutNul))} end)`;

/** It names one of these patients. Most rows name one. */
export const namesSql = (patients: readonly string[], row: RowName): Sql => {
  const ids = patients.map(withoutNul);
  const of = named[row];
  return ids.length > few
    ? sql`(case cardinality(${of}) when 0 then false when 1 then ${isOneOf(sql`(${of})[1]`, ids)}
        else (select bool_or(${isOneOf(sql`patient`, ids)}) from unnest(${of}) patient) end)`
    : sql`((${of}) && ${ids}::text[])`;
};

/** All dates of a parameter lie within, where these are the first start and the last end of them. */
const withinSql = (first: Sql, last: Sql, { start, end }: Extract<Filter, { kind: 'dated' }>): Sql =>
  andSql([
    sql`${first} is not null`,
    ...(start === undefined ? [] : [sql`${first} >= ${start}::float8`]),
    ...(end === undefined ? [] : [sql`${last} <= ${end}::float8`]),
  ]);

const keptSql = (dates: Sql, filter: Extract<Filter, { kind: 'dated' }>): Sql => {
  const at = (place: 0 | 1): Sql => sql`(${dates} -> ${filter.param}::text ->> ${place}::integer)::bigint`;
  return sql`case when ${dates} is not null then ${withinSql(at(0), at(1), filter)} end`;
};

/**
 * It has dates in the parameter, all of them within. A current version has them in date_index, but for the one that orders
 * the rows of its type; `occurred` is a date only where it has an end.
 */
export const datedSql = (filter: Extract<Filter, { kind: 'dated' }>, row: RowName): Sql => {
  const { param, start = 0, end = 0 } = filter;
  // PostgreSQL has it greater than every number; here it is none, and nothing lies within.
  if (Number.isNaN(start) || Number.isNaN(end)) return sql`false`;
  if (row === 'h') return sql`(${keptSql(sql`h.dates`, filter)})`;
  const listed = sql`(select ${withinSql(sql`min(d.start_at)`, sql`max(d.end_at)`, filter)} from date_index d
    where d.rid = f.rid and d.parameter = f.type || ${`.${param}`})`;
  const ordering = sql`when f.occurred_end is not null then ${withinSql(sql`f.occurred`, sql`f.occurred_end`, filter)}`;
  return sql`(case when f.deleted then ${keptSql(sql`f.dates`, filter)}
    ${param === orderingDate ? ordering : sql``} else ${listed} end)`;
};

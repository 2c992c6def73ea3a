/** Search over one type: the Filter and the parameters first, then the count, the order and the page. FHIR R4 search.html. */
import type { Backend, SearchResult } from '@affinity/core/fhir/backend.ts';
import type { Filter } from '@affinity/core/fhir/filter.ts';
import type { SearchClause, SearchQuery } from '@affinity/core/fhir/search-query.ts';
import { clauseKeys, clausePostings, clauseSql, clauseStarts } from './clause-sql.ts';
import type { Database } from './database.ts';
import { filterPatient, filterSql, termArray } from './filter-sql.ts';
import {
  afterSql,
  isIndexOrder,
  type KeyValues,
  keyColumns,
  keysOfPage,
  orderBySql,
  orderKeys,
  toCursor,
} from './page-order.ts';
import { andSql, joinSql, type Sql, sql } from './sql.ts';
import { toVersion, type VersionRow } from './version-row.ts';

/** Where the rows `f` come from, and what ties them to the query there. */
interface Source {
  readonly from: Sql;
  readonly where: Sql;
  /** the row that gives the order */
  readonly order: 'f' | 'p';
}

type MatchRow = VersionRow & KeyValues;

/** Parameters by which little is found are looked up first: what names one thing, then what points to one, then codes. */
const selectivity = (param: string): number =>
  param === 'identifier' ? 0 : param.endsWith('code') ? 2 : param === 'status' || param === 'category' ? 3 : 1;

/** The whole type, by the index of its order. */
const everyRow = (type: string): Source => ({
  from: sql`resource f`,
  where: sql`f.type = ${type} and not f.deleted`,
  order: 'f',
});

/** Part of the type, by the same index. A resource with several dates stands in date_index instead: they are few. */
const rowsStarting = (type: string, clause: SearchClause): Source | undefined => {
  const starts = clauseStarts(clause);
  if (starts === undefined) return undefined;
  const { from, below } = starts;
  const within = andSql([
    sql`r.type = ${type} and not r.deleted and r.occurred_end is not null`,
    ...(from === undefined ? [] : [sql`r.occurred >= ${from}`]),
    ...(below === undefined ? [] : [sql`r.occurred < ${below}`]),
  ]);
  return {
    from: sql`(select r.* from resource r where ${within} union all
      select r.* from resource r where r.occurred_end is null and r.rid in
        (select d.rid from date_index d where d.parameter = ${`${type}.${clause.param}`})) f`,
    where: sql`true`,
    order: 'f',
  };
};

/**
 * Chooses the table that the search starts from: the rows of the patient that the query or the Filter names, the keys
 * that it names, or a posted term. Every condition is tested on the rows in any case, so the choice is of speed only.
 */
const chooseSource = ({ type, clauses, sort }: SearchQuery, filter: Filter): Source => {
  const keys = clauses
    .map((clause) => (clause.modifier === undefined ? clauseKeys(type, clause) : undefined))
    .find(Boolean);
  if (keys) {
    return {
      from: sql`resource f`,
      where: sql`f.rid = any(${termArray(keys)}::bigint[]) and not f.deleted`,
      order: 'f',
    };
  }
  const indexed = clauses
    .map((clause) => ({ param: clause.param, postings: clausePostings(type, clause) }))
    .flatMap(({ param, postings }) => (postings === undefined ? [] : [{ param, ...postings }]));
  const ofPatient = indexed.find(({ terms, patients }) => terms.length === 0 && patients.length === 1)?.patients[0];
  const patient = ofPatient ?? filterPatient(filter);
  if (patient !== undefined) {
    return { from: sql`compartment f`, where: sql`f.patient = ${patient} and f.type = ${type}`, order: 'f' };
  }
  const [best] = indexed.sort((one, other) => selectivity(one.param) - selectivity(other.param));
  if (best === undefined) {
    return clauses.map((clause) => rowsStarting(type, clause)).find((source) => source !== undefined) ?? everyRow(type);
  }
  const [only, ...others] = best.terms;
  if (only !== undefined && others.length === 0 && best.patients.length === 0 && isIndexOrder(sort)) {
    // The fence keeps the index's order: one look into resource for each posting, until the page is full.
    return {
      from: sql`posting p cross join lateral (select r.* from resource r where r.rid = p.rid offset 0) f`,
      where: sql`p.term = ${only}`,
      order: 'p',
    };
  }
  return {
    from: sql`(select p.rid from posting p where p.term = any(${termArray(best.terms)}::bigint[])
      union select c.rid from compartment c where c.patient = any(${best.patients}) and c.type = ${type}) p
      cross join lateral (select r.* from resource r where r.rid = p.rid offset 0) f`,
    where: sql`true`,
    order: 'f',
  };
};

export const createSearch =
  ({ query }: Database): Backend['searchType'] =>
  async (search, filter): Promise<SearchResult> => {
    const { type, clauses, count, cursor } = search;
    const source = chooseSource(search, filter);
    const keys = orderKeys(search.sort, source.order);
    const matching = andSql([
      source.where,
      ...clauses.map((clause) => clauseSql(type, clause)),
      filterSql(filter, type),
    ]);
    const countAll = async (): Promise<number> => {
      const [row] = await query<{ total: string }>(sql`select count(*) as total from ${source.from} where ${matching}`);
      return Number(row?.total ?? 0);
    };
    if (count === 0) return { matches: [], total: await countAll() };
    // The page is found on narrow rows; only then are the bodies fetched.
    const page = sql`
      select f.rid, ${keyColumns(keys)} from ${source.from}
      where ${matching} ${cursor === undefined ? sql`` : sql`and ${afterSql(keys, cursor)}`}
      order by ${orderBySql(keys)} limit ${count + 1}`;
    const shownKeys = keysOfPage(keys);
    const columns = joinSql(
      shownKeys.map(({ column }) => column),
      ', ',
    );
    const rows = await query<MatchRow>(sql`
      select r.id, r.version, r.last_updated, r.deleted, r.body, ${columns}
      from (${page}) page join resource r on r.rid = page.rid order by ${orderBySql(shownKeys)}`);
    const shown = rows.slice(0, count);
    const last = shown.at(-1);
    const more = rows.length > count && last !== undefined;
    const total =
      cursor === undefined && !more ? shown.length : search.total === 'accurate' ? await countAll() : undefined;
    return {
      matches: shown.map((row) => toVersion(type, row)),
      ...(total === undefined ? {} : { total }),
      ...(more ? { next: toCursor(keys, last) } : {}),
    };
  };

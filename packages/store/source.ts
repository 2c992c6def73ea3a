/**
 * Which table a search starts from: the rows of the patient that the query or the Filter names, the keys that it names, a
 * posted term, or the type by date. Every condition is tested on the rows in any case, so the choice is of speed only.
 * docs/decisions/0002-table-layout.md.
 */
import type { Filter } from '@affinity/core/fhir/filter.ts';
import type { SearchClause, SortKey } from '@affinity/core/fhir/search-query.ts';
import { clauseKeys, clausePostings, clauseStarts } from './clause-sql.ts';
import { inCompartment } from './fact-sql.ts';
import { filterPatients, termArray } from './filter-sql.ts';
import { isIndexOrder } from './page-order.ts';
import { andSql, type Sql, sql } from './sql.ts';
import type { Term } from './terms.ts';

/** Where the rows `f` come from, and what ties them to the query there. */
export interface Source {
  readonly from: Sql;
  readonly where: Sql;
  /** the row that gives the order */
  readonly order: 'f' | 'p';
  /** few rows by nature: those of one patient, or those that are named */
  readonly narrow: boolean;
  /** the rows are found by an index that no other may take the place of */
  readonly fenced: boolean;
}

/** What is asked of the rows of one type, once the joins are settled. */
export interface Asked {
  readonly type: string;
  readonly clauses: readonly SearchClause[];
  /** where only resources with these keys can be meant */
  readonly keys?: readonly Term[];
}

/** Parameters by which little is found are looked up first: what names one thing, then what points to one, then codes. */
const selectivity = (param: string): number =>
  param === 'identifier' ? 0 : param.endsWith('code') ? 2 : param === 'status' || param === 'category' ? 3 : 1;

/** Up to so many patients' rows are gathered and put in order; the rows of more are looked for among everybody's. */
const fewPatients = 64;

/** The rows of these patients. Of several patients a row is shown once: where it is of the record of the one. */
const rowsOf = (patients: readonly string[], type: string): Source => {
  const [patient, ...others] = patients;
  const theirs =
    patient !== undefined && others.length === 0
      ? sql`f.patient = ${patient}`
      : sql`f.patient = any(${patients}::text[]) and f.patient = f.owner`;
  return { from: inCompartment, where: sql`${theirs} and f.type = ${type}`, order: 'f', narrow: true, fenced: true };
};

/** The whole type, by the index of its order. */
const everyRow = (type: string): Source => ({
  from: sql`resource f`,
  where: sql`f.type = ${type} and not f.deleted`,
  order: 'f',
  narrow: false,
  fenced: false,
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
    narrow: false,
    fenced: false,
  };
};

export const chooseSource = (
  { type, clauses, keys: named }: Asked,
  sort: readonly SortKey[],
  filter: Filter,
): Source => {
  const keys =
    named ??
    clauses.map((clause) => (clause.modifier === undefined ? clauseKeys(type, clause) : undefined)).find(Boolean);
  if (keys) {
    return {
      from: sql`resource f`,
      where: sql`f.rid = any(${termArray(keys)}::bigint[]) and f.type = ${type} and not f.deleted`,
      order: 'f',
      narrow: true,
      fenced: true,
    };
  }
  const indexed = clauses
    .map((clause) => ({ param: clause.param, postings: clausePostings(type, clause) }))
    .flatMap(({ param, postings }) => (postings === undefined ? [] : [{ param, ...postings }]));
  const ofPatient = indexed.find(({ terms, patients }) => terms.length === 0 && patients.length === 1)?.patients[0];
  const patients = ofPatient === undefined ? [...(filterPatients(filter) ?? [])] : [ofPatient];
  if (patients.length === 1) return rowsOf(patients, type);
  const [best] = indexed.sort((one, other) => selectivity(one.param) - selectivity(other.param));
  const isOfMany = best === undefined || selectivity(best.param) > 1;
  if (isOfMany && patients.length > 0 && patients.length <= fewPatients) return rowsOf(patients, type);
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
      narrow: false,
      fenced: true,
    };
  }
  return {
    from: sql`(select p.rid from posting p where p.term = any(${termArray(best.terms)}::bigint[])
      union select c.rid from compartment c where c.patient = any(${best.patients}) and c.type = ${type}) p
      cross join lateral (select r.* from resource r where r.rid = p.rid offset 0) f`,
    where: sql`true`,
    order: 'f',
    narrow: false,
    fenced: true,
  };
};

/**
 * A Filter as a condition on one row, so that the database applies it before it counts, sorts and pages. The property
 * test in test/filter-equality.test.ts holds it equal to policy's evaluation in memory.
 */
import { confidentialityLevels, type Filter } from '@affinity/core/fhir/filter.ts';
import { datedSql, namesSql, ownedSql, type RowName } from './fact-sql.ts';
import { labelledSql, speaks, spokenAtMost } from './spoken-sql.ts';
import { andSql, orSql, type Sql, sql } from './sql.ts';
import { codeTerm, labelTerm, referenceTerm, resourceKey, systemTerm, type Term, tokenTerm } from './terms.ts';

const column = {
  f: { rid: sql`f.rid`, owner: sql`f.owner`, terms: sql`f.terms`, confidentiality: sql`f.confidentiality` },
  h: { rid: sql`h.rid`, owner: sql`h.owner`, terms: sql`h.terms`, confidentiality: sql`h.confidentiality` },
} as const;

/** An array of terms as a parameter. */
export const termArray = (terms: readonly Term[]): string => `{${terms.join(',')}}`;

/** The row has the term; all of them; any of them. */
export const hasAllTerms = (terms: readonly Term[], row: RowName = 'f'): Sql =>
  sql`${column[row].terms} @> ${termArray(terms)}::bigint[]`;
export const hasAnyTerm = (terms: readonly Term[], row: RowName = 'f'): Sql =>
  sql`${column[row].terms} && ${termArray(terms)}::bigint[]`;

/** The term that a token value asks for, on a resource of this type. */
export const valueTerm = (
  type: string,
  param: string,
  { system, code }: { readonly system?: string | undefined; readonly code?: string | undefined },
): Term | undefined => {
  if (code === undefined) return system === undefined ? undefined : systemTerm(type, param, system);
  return system === undefined ? codeTerm(type, param, code) : tokenTerm(type, param, system, code);
};

const leafTerm = (filter: Filter, type: string): Term | undefined => {
  if (filter.kind === 'token') return valueTerm(type, filter.param, filter);
  if (filter.kind === 'reference') return referenceTerm(type, filter.param, filter.type, filter.id);
  return filter.kind === 'label' && !speaks(type) ? labelTerm(type, filter.system, filter.code) : undefined;
};

/** Up to so many conditions, of which one is enough, are looked at one after the other. */
const fewConditions = 8;

const written = new WeakMap<Filter, Map<string, Sql>>();

/**
 * A Filter that comes again, as that of a caller who asks again does, is written once.
 * @param type the type of the rows: every statement reads resources of one type, and the terms are of that type
 */
export const filterSql = (filter: Filter, type: string, row: RowName = 'f'): Sql => {
  if (filter.kind !== 'and' && filter.kind !== 'or') return write(filter, type, row);
  const known = written.get(filter) ?? new Map<string, Sql>();
  const key = `${row} ${type}`;
  const before = known.get(key);
  if (before !== undefined) return before;
  const made = write(filter, type, row);
  known.set(key, made);
  written.set(filter, known);
  return made;
};

const write = (filter: Filter, type: string, row: RowName): Sql => {
  switch (filter.kind) {
    case 'everything':
      return sql`true`;
    case 'nothing':
      return sql`false`;
    case 'and':
    case 'or': {
      // The terms of one level become one comparison: fewer texts of statements, and one pass over the row's terms.
      const terms = filter.filters.flatMap((part) => leafTerm(part, type) ?? []);
      const rest = filter.filters.filter((part) => leafTerm(part, type) === undefined);
      const conditions = rest.map((part) => filterSql(part, type, row));
      if (terms.length > 0) conditions.unshift((filter.kind === 'and' ? hasAllTerms : hasAnyTerm)(terms, row));
      if (filter.kind === 'and') return andSql(conditions);
      // Of many records each with its own conditions, a row looks at them only where it is of one of these records.
      const patients = conditions.length > fewConditions ? filterPatients(filter) : undefined;
      return patients === undefined
        ? orSql(conditions)
        : sql`(case when ${ownedSql([...patients], row)} then ${orSql(conditions)} else false end)`;
    }
    case 'not':
      return sql`not ${filterSql(filter.filter, type, row)}`;
    case 'type':
      return filter.type === type ? sql`true` : sql`false`;
    case 'instance':
      return filter.type === type ? sql`(${column[row].rid} = ${resourceKey(type, filter.id)})` : sql`false`;
    case 'compartment':
      // A row without an owner is false, not unknown, so that "not" means what it says.
      return sql`(${column[row].owner} is not distinct from ${filter.patient})`;
    case 'compartments':
      return ownedSql(filter.patients, row);
    case 'names':
      return namesSql(filter.patients, row);
    case 'dated':
      return datedSql(filter, row);
    case 'confidentiality': {
      const own = sql`(${column[row].confidentiality} <= ${confidentialityLevels.indexOf(filter.atMost)})`;
      return speaks(type) ? sql`(${own} and ${spokenAtMost(filter.atMost, row)})` : own;
    }
    case 'label':
      return labelledSql(filter, type, row);
    case 'token':
    case 'reference': {
      const term = leafTerm(filter, type);
      return term === undefined ? sql`false` : sql`(${hasAllTerms([term], row)})`;
    }
  }
};

const union = (sets: readonly (ReadonlySet<string> | undefined)[]): ReadonlySet<string> | undefined => {
  const all = new Set<string>();
  for (const set of sets) {
    if (set === undefined) return undefined;
    for (const one of set) all.add(one);
  }
  return all;
};

/**
 * The patients of whose records every row is that the Filter lets through, each row of one patient's alone; undefined where
 * the Filter does not say so by itself.
 */
export const filterPatients = (filter: Filter): ReadonlySet<string> | undefined => {
  switch (filter.kind) {
    case 'nothing':
      return new Set();
    case 'compartment':
      return new Set([filter.patient]);
    case 'compartments':
      return new Set(filter.patients);
    case 'or':
      return union(filter.filters.map(filterPatients));
    case 'and': {
      const sets = filter.filters.flatMap((part) => filterPatients(part) ?? []);
      return sets.length === 0 ? undefined : sets.reduce((all, set) => all.intersection(set));
    }
    default:
      return undefined;
  }
};

/** The same where it is one patient. */
export const filterPatient = (filter: Filter): string | undefined => {
  const [patient, ...others] = filterPatients(filter) ?? [];
  return others.length === 0 ? patient : undefined;
};

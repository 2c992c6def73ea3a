/** One search parameter of a query as a condition on the row `f`. FHIR R4 search.html. */

import { fold } from '@affinity/core/fhir/extract.ts';
import { fhirError } from '@affinity/core/fhir/outcome.ts';
import type { SearchClause, SearchValue } from '@affinity/core/fhir/search-query.ts';
import { compositeRows } from './composite-sql.ts';
import { instantSql, rangeSql } from './date-sql.ts';
import { hasAllTerms, hasAnyTerm, termArray, valueTerm } from './filter-sql.ts';
import { nearSql } from './near-sql.ts';
import { numberSql, quantitySql } from './number-sql.ts';
import { orderingDate } from './resource-row.ts';
import { orSql, type Sql, sql } from './sql.ts';
import {
  codeTerm,
  identifierParam,
  ofTypeTerm,
  parameterKey,
  presentTerm,
  referenceIdTerm,
  referenceTerm,
  resourceKey,
  type Term,
  urlTerm,
} from './terms.ts';
import { beginsSql, stringSql } from './text-sql.ts';

/** The term that a value asks for; undefined for what is no matter of terms. */
const termFor = (type: string, { param, modifier }: SearchClause, value: SearchValue): Term | undefined => {
  switch (value.kind) {
    case 'token':
      return valueTerm(type, modifier === 'identifier' ? identifierParam(param) : param, value);
    case 'reference':
      return value.type === undefined
        ? referenceIdTerm(type, param, value.id)
        : referenceTerm(type, param, value.type, value.id);
    case 'url':
      return urlTerm(type, param, value.url);
    case 'of-type':
      return ofTypeTerm(type, param, value.system, value.code, value.value);
    default:
      return undefined;
  }
};

/**
 * Some row of a table of values. Where the rows `f` are few, or come in an order that is kept, it is looked up for each of
 * them, and the fence keeps it so; else the database may begin with the values.
 */
const heldSql = (rows: Sql, fenced: boolean): Sql => (fenced ? sql`exists (${rows} offset 0)` : sql`exists (${rows})`);

/** The texts that begin so are looked up first: they are few, and stand in many resources. */
const displayCondition = (type: string, param: string, text: string): Sql =>
  sql`f.terms && (select coalesce(array_agg(v.term), '{}') from text_value v
    where v.parameter = ${parameterKey(type, param)} and ${beginsSql(sql`v.folded`, sql`left(v.folded, 128)`, fold(text))})`;

const occurred = { start: sql`f.occurred`, end: sql`f.occurred_end` };
const indexed = { start: sql`d.start_at`, end: sql`d.end_at` };

const dateCondition = (
  type: string,
  { param }: SearchClause,
  value: Extract<SearchValue, { kind: 'date' }>,
  fenced: boolean,
): Sql => {
  if (param === '_lastUpdated') return instantSql(sql`f.last_updated`, value);
  const listed = heldSql(
    sql`select from date_index d
      where d.rid = f.rid and d.parameter = ${`${type}.${param}`} and ${rangeSql(indexed, value)}`,
    fenced,
  );
  // The range stands in the row itself where the resource has exactly one.
  return param === orderingDate
    ? sql`case when f.occurred_end is not null then ${rangeSql(occurred, value)} else ${listed} end`
    : listed;
};

/** What the path of a URI leads on to, of `:below`. */
const belowCondition = (type: string, param: string, uri: string, fenced: boolean): Sql => {
  const under = beginsSql(sql`u.uri`, sql`left(u.uri, 128)`, uri.endsWith('/') ? uri : `${uri}/`);
  const rows = sql`select from uri_index u
    where u.rid = f.rid and u.parameter = ${parameterKey(type, param)} and (u.uri = ${uri} or ${under})`;
  return heldSql(rows, fenced);
};

/** Parts of the path that a URI of `:above` may have. */
const mostParts = 100;

/** What leads to a URI by its path, with a slash at the end and without, and the URI itself. */
const urisAbove = (uri: string): readonly string[] => {
  const slashes = [...uri.matchAll(/\//g)];
  if (slashes.length > mostParts) {
    throw fhirError(400, 'too-costly', `A URI of :above has at most ${mostParts} slashes.`);
  }
  return [...new Set([uri, ...slashes.flatMap(({ index }) => [uri.slice(0, index), uri.slice(0, index + 1)])])];
};

const valueCondition = (type: string, clause: SearchClause, value: SearchValue, fenced: boolean): Sql => {
  const { param, modifier } = clause;
  const key = parameterKey(type, param);
  switch (value.kind) {
    case 'string': {
      if (modifier === 'text') return displayCondition(type, param, value.text);
      const compared = stringSql({ folded: sql`s.folded`, text: sql`s.text` }, value.text, modifier);
      const rows = sql`select from string_index s where s.rid = f.rid and s.parameter = ${`${type}.${param}`} and ${compared}`;
      return heldSql(rows, fenced);
    }
    case 'date':
      return dateCondition(type, clause, value, fenced);
    case 'number': {
      const compared = numberSql({ low: sql`n.low`, high: sql`n.high` }, value);
      return heldSql(
        sql`select from number_index n where n.rid = f.rid and n.parameter = ${key} and ${compared}`,
        fenced,
      );
    }
    case 'quantity':
      return heldSql(
        sql`select from quantity_index q where q.rid = f.rid and q.parameter = ${key} and ${quantitySql(value)}`,
        fenced,
      );
    case 'uri':
      if (modifier === 'below') return belowCondition(type, param, value.uri, fenced);
      return hasAnyTerm(
        (modifier === 'above' ? urisAbove(value.uri) : [value.uri]).map((uri) => urlTerm(type, param, uri)),
      );
    case 'composite':
      return heldSql(compositeRows(type, param, value.parts), fenced);
    case 'near':
      return heldSql(
        sql`select from position_index p where p.rid = f.rid and p.parameter = ${key} and ${nearSql(value)}`,
        fenced,
      );
    case 'missing': {
      const present = hasAllTerms([presentTerm(type, param)]);
      return value.missing ? sql`not ${present}` : present;
    }
    default: {
      const term = termFor(type, clause, value);
      return term === undefined ? sql`false` : hasAllTerms([term]);
    }
  }
};

/** The keys that `_id` names. An id has no system. */
export const clauseKeys = (type: string, { param, modifier, values }: SearchClause): readonly Term[] | undefined => {
  if (param !== '_id' || modifier === 'missing') return undefined;
  return values.flatMap((value) =>
    value.kind === 'token' && value.code !== undefined && (value.system ?? '') === ''
      ? [resourceKey(type, value.code)]
      : [],
  );
};

/**
 * The condition. What the search grammar of core has not understood never comes here.
 * @param fenced whether tables of values are looked up row by row
 */
export const clauseSql = (type: string, clause: SearchClause, fenced: boolean): Sql => {
  const terms = clause.values.map((value) => termFor(type, clause, value));
  const known = terms.filter((term) => term !== undefined);
  const keys = clauseKeys(type, clause);
  const any =
    keys !== undefined
      ? sql`f.rid = any(${termArray(keys)}::bigint[])`
      : known.length > 0 && known.length === terms.length
        ? hasAnyTerm(known)
        : orSql(clause.values.map((value) => valueCondition(type, clause, value, fenced)));
  return clause.modifier === 'not' ? sql`not (${any})` : any;
};

/**
 * The posted terms that a clause can be answered from, one of which every match has; undefined when it has no such.
 * `patients` are those that a reference may be to: such resources are found in the compartment table.
 */
export const clausePostings = (
  type: string,
  { param, modifier, values }: SearchClause,
): { readonly terms: readonly Term[]; readonly patients: readonly string[] } | undefined => {
  if (modifier === 'not' || modifier === 'missing' || param === '_id') return undefined;
  const terms: Term[] = [];
  const patients: string[] = [];
  for (const value of values) {
    if (value.kind === 'token' && value.code !== undefined) {
      terms.push(codeTerm(type, modifier === 'identifier' ? identifierParam(param) : param, value.code));
    } else if (value.kind === 'url') {
      terms.push(urlTerm(type, param, value.url));
    } else if (value.kind === 'uri' && modifier !== 'below') {
      terms.push(
        ...(modifier === 'above' ? urisAbove(value.uri) : [value.uri]).map((uri) => urlTerm(type, param, uri)),
      );
    } else if (value.kind === 'of-type') {
      terms.push(codeTerm(type, param, value.value));
    } else if (value.kind === 'reference') {
      if (value.type !== 'Patient') terms.push(referenceIdTerm(type, param, value.id));
      if (value.type === undefined || value.type === 'Patient') patients.push(value.id);
    } else {
      return undefined;
    }
  }
  return values.length === 0 ? undefined : { terms, patients };
};

/**
 * Between which starts (`from` inclusive, `below` exclusive) the range of every match lies that has exactly one,
 * where a clause on the ordering date says so.
 */
export const clauseStarts = ({
  param,
  modifier,
  values,
}: SearchClause): { readonly from: number | undefined; readonly below: number | undefined } | undefined => {
  const [value, ...others] = values;
  if (param !== orderingDate || modifier !== undefined || others.length > 0 || value?.kind !== 'date') return undefined;
  switch (value.prefix) {
    case 'eq':
      return { from: value.start, below: value.end };
    case 'sa':
      return { from: value.end, below: undefined };
    case 'lt':
    case 'eb':
      return { from: undefined, below: value.start };
    case 'le':
    case 'ap':
      return { from: undefined, below: value.end };
    default:
      return undefined;
  }
};

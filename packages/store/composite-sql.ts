/**
 * A composite parameter: one element of the resource meets the value of every component. FHIR R4 search.html#combining;
 * the columns are told in migrations/0050-search-values.sql.
 */
import type { SearchValue } from '@affinity/core/fhir/search-query.ts';
import { rangeSql } from './date-sql.ts';
import { termArray, valueTerm } from './filter-sql.ts';
import { inBaseUnits, numberSql } from './number-sql.ts';
import { andSql, type Sql, sql } from './sql.ts';
import {
  baseUnitTerm,
  codeTerm,
  componentParam,
  parameterKey,
  referenceIdTerm,
  referenceTerm,
  systemTerm,
  type Term,
  tokenTerm,
  urlTerm,
} from './terms.ts';
import { stringSql } from './text-sql.ts';

const hasTerm = (term: Term | undefined): Sql =>
  term === undefined ? sql`false` : sql`c.terms @> ${termArray([term])}::bigint[]`;

const quantityCondition = (
  type: string,
  param: string,
  position: number,
  value: Extract<SearchValue, { kind: 'quantity' }>,
): Sql => {
  const base = inBaseUnits(value);
  if (base !== undefined) {
    const columns = { low: sql`c.base_low[${position}::int]`, high: sql`c.base_high[${position}::int]` };
    return sql`${hasTerm(baseUnitTerm(type, param, base.unit))} and ${numberSql(columns, base)}`;
  }
  const { system, code } = value;
  const compared = numberSql({ low: sql`c.low[${position}::int]`, high: sql`c.high[${position}::int]` }, value);
  if (system === undefined) {
    return code === undefined ? compared : sql`${hasTerm(codeTerm(type, param, code))} and ${compared}`;
  }
  const unit = code === undefined ? systemTerm(type, param, system) : tokenTerm(type, param, system, code);
  return sql`${hasTerm(unit)} and ${compared}`;
};

/** One component, on a row `c` of composite_index; `position` counts from 1. */
const componentCondition = (type: string, name: string, position: number, value: SearchValue): Sql => {
  const param = componentParam(name, position);
  switch (value.kind) {
    case 'token':
      return hasTerm(valueTerm(type, param, value));
    case 'reference':
      return hasTerm(
        value.type === undefined
          ? referenceIdTerm(type, param, value.id)
          : referenceTerm(type, param, value.type, value.id),
      );
    case 'uri':
      return hasTerm(urlTerm(type, param, value.uri));
    case 'string':
      return stringSql({ folded: sql`c.folded[${position}::int]`, text: sql`c.text[${position}::int]` }, value.text);
    case 'date':
      return rangeSql({ start: sql`c.low[${position}::int]`, end: sql`c.high[${position}::int]` }, value);
    case 'number':
      return numberSql({ low: sql`c.low[${position}::int]`, high: sql`c.high[${position}::int]` }, value);
    case 'quantity':
      return quantityCondition(type, param, position, value);
    default:
      return sql`false`;
  }
};

/** The rows of a resource `f` in which one element meets every component. */
export const compositeRows = (type: string, param: string, parts: readonly SearchValue[]): Sql =>
  sql`select from composite_index c where c.rid = f.rid and c.parameter = ${parameterKey(type, param)}
    and ${andSql(parts.map((part, index) => componentCondition(type, param, index + 1, part)))}`;

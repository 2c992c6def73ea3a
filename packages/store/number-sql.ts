/**
 * How number and quantity parameters compare. What stands in a resource is a range whose ends are both within it; what is
 * asked for is a value with the range of its precision, the end exclusive. FHIR R4 search.html#number, #quantity; the same
 * table as core/fhir/value-match.ts.
 */
import type { Prefix, SearchValue } from '@affinity/core/fhir/search-query.ts';
import { type Sql, sql } from './sql.ts';
import { quantityTextKey } from './terms.ts';
import { baseUnitOf, ucumSystem } from './ucum.ts';

export interface AskedNumber {
  readonly prefix: Prefix;
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

export const numberSql = (
  { low, high }: { readonly low: Sql; readonly high: Sql },
  { prefix, ...asked }: AskedNumber,
): Sql => {
  const within = sql`(${low} >= ${asked.low}::float8 and ${high} < ${asked.high}::float8)`;
  switch (prefix) {
    case 'eq':
      return within;
    case 'ne':
      return sql`not ${within}`;
    case 'gt':
      return sql`(${high} > ${asked.value}::float8)`;
    case 'ge':
      return sql`(${high} >= ${asked.value}::float8)`;
    case 'lt':
      return sql`(${low} < ${asked.value}::float8)`;
    case 'le':
      return sql`(${low} <= ${asked.value}::float8)`;
    case 'sa':
      return sql`(${low} > ${asked.value}::float8)`;
    case 'eb':
      return sql`(${high} < ${asked.value}::float8)`;
    case 'ap':
      return sql`(${low} < ${asked.high}::float8 and ${high} >= ${asked.low}::float8)`;
  }
};

type AskedQuantity = Extract<SearchValue, { kind: 'quantity' }>;

/** The quantity asked for in the base units that stand in the tables; undefined: it compares as it is written. */
export const inBaseUnits = (asked: AskedQuantity): (AskedNumber & { readonly unit: string }) | undefined => {
  const { system, code, prefix, value, low, high } = asked;
  if (system !== ucumSystem || code === undefined) return undefined;
  const { unit, toBase } = baseUnitOf(system, code);
  return { unit, prefix, value: toBase(value), low: toBase(low), high: toBase(high) };
};

/** On a row `q` of quantity_index. Without a system, the code is that of the unit or the unit as printed. */
export const quantitySql = (asked: AskedQuantity): Sql => {
  const base = inBaseUnits(asked);
  if (base !== undefined) {
    return sql`q.unit = ${base.unit} and ${numberSql({ low: sql`q.base_low`, high: sql`q.base_high` }, base)}`;
  }
  const { system, code } = asked;
  const compared = numberSql({ low: sql`q.low`, high: sql`q.high` }, asked);
  if (system !== undefined) {
    const ofSystem = sql`q.system = ${quantityTextKey(system)} and ${compared}`;
    return code === undefined ? ofSystem : sql`q.code = ${quantityTextKey(code)} and ${ofSystem}`;
  }
  if (code === undefined) return compared;
  const unit = quantityTextKey(code);
  return sql`(q.code = ${unit} or q.printed = ${unit}) and ${compared}`;
};

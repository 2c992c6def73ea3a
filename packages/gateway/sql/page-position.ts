/**
 * Where a page of one table begins: after the row with these values, in the order asked for, rows without a value last and the
 * key deciding between equals. FHIR R4 search.html#sort, #paging.
 */
import { fhirError } from '@affinity/core/fhir/outcome.ts';
import { allOf, anyOf, type Condition, type Conditions } from './condition.ts';
import type { Column, Raw } from './engine.ts';
import type { DateColumn } from './narrow-date.ts';
import { joinSql, type Sql, sql } from './statement.ts';

export interface OrderKey {
  /** undefined: all rows of this table are equal in it */
  readonly column: DateColumn | undefined;
  readonly descending: boolean;
  /** what an empty column counts as, in the form of the column; absent: as nothing, which comes last */
  readonly otherwise?: string;
}
export interface Order {
  readonly by: readonly OrderKey[];
  readonly key: readonly Column[];
}

/** Values of the row that a page begins after: of each sort key, and of the key of the table; null: it has none. */
export type Position = readonly (readonly Raw[])[];

const isEmpty = ({ isEmpty: empty }: Conditions, { column, form }: DateColumn): Sql => empty(column, form.empties);

/** What an empty column counts as, where it counts. */
const otherwiseOf = ({ dialect }: Conditions, { column, otherwise }: OrderKey): Sql | undefined =>
  column === undefined || otherwise === undefined ? undefined : dialect.bind(column.column, otherwise);

export const orderSql = (around: Conditions, { by, key }: Order): Sql => {
  const { operand } = around.dialect;
  const parts = by.flatMap((one): Sql[] => {
    const { column, descending } = one;
    if (column === undefined) return [];
    const empty = isEmpty(around, column);
    const instead = otherwiseOf(around, one);
    const value = sql`case when ${empty} then ${instead ?? sql`null`} else ${operand(column.column)} end`;
    const ordered = descending ? sql`${value} desc` : value;
    return instead === undefined ? [sql`case when ${empty} then 1 else 0 end`, ordered] : [ordered];
  });
  return joinSql([...parts, ...key.map(operand)], ', ');
};

const invalid = () =>
  fhirError(400, 'invalid', 'This link to a page cannot be followed any more: begin the search again.');

interface Level {
  readonly equal: Condition;
  readonly later: Condition;
}

const valueLevel = (around: Conditions, column: Column, value: string, descending: boolean, of?: Sql): Level => {
  const bound = around.dialect.bind(column, value);
  if (bound === undefined) throw invalid();
  const operand = of ?? around.dialect.operand(column);
  return {
    equal: sql`${operand} = ${bound}`,
    later: descending ? sql`${operand} < ${bound}` : sql`${operand} > ${bound}`,
  };
};

/** Rows that come after this one. */
export const after = (around: Conditions, { by, key }: Order, [sorted = [], keys = []]: Position): Condition => {
  if (sorted.length !== by.length || keys.length !== key.length) throw invalid();
  const levels = [
    ...by.flatMap((one, index): Level[] => {
      const { column, descending } = one;
      const value = sorted[index];
      if (column === undefined) return [];
      const empty = isEmpty(around, column);
      const instead = otherwiseOf(around, one);
      if (instead !== undefined) {
        if (typeof value !== 'string') throw invalid();
        const of = sql`case when ${empty} then ${instead} else ${around.dialect.operand(column.column)} end`;
        return [valueLevel(around, column.column, value, descending, of)];
      }
      if (typeof value !== 'string') return [{ equal: empty, later: false }];
      const given = sql`not ${empty}`;
      const level = valueLevel(around, column.column, value, descending);
      return [{ equal: allOf([given, level.equal]), later: anyOf([empty, allOf([given, level.later])]) }];
    }),
    ...key.map((column, index): Level => {
      const value = keys[index];
      if (typeof value !== 'string') throw invalid();
      return valueLevel(around, column, value, false);
    }),
  ];
  return anyOf(levels.map(({ later }, index) => allOf([...levels.slice(0, index).map(({ equal }) => equal), later])));
};

/** The positions of all tables of a type: of each, where it goes on; null: from its beginning. */
export type Positions = readonly (Position | null)[];

export const readPositions = (cursor: string, tables: number): Positions => {
  let parsed: unknown;
  try {
    parsed = JSON.parse(cursor);
  } catch {
    throw invalid();
  }
  const isRaw = (one: unknown): boolean => one === null || typeof one === 'string';
  const isPosition = (one: unknown): boolean =>
    one === null ||
    one === false ||
    (Array.isArray(one) && one.every((part) => Array.isArray(part) && part.every(isRaw)));
  if (!Array.isArray(parsed) || parsed.length !== tables || !parsed.every(isPosition)) throw invalid();
  return parsed as unknown as Positions;
};

/** What the database is asked: a condition that is true for every row that is wanted, and perhaps for others. ISO/IEC 9075-2, 8. */
import type { BoundPart } from './bind-mapping.ts';
import type { Column, Comparison, Dialect } from './engine.ts';
import { joinSql, type Sql, sql } from './statement.ts';

/** `true`: every row may be wanted; `false`: none is */
export type Condition = boolean | Sql;

export const anyOf = (conditions: readonly Condition[]): Condition => {
  if (conditions.some((one) => one === true)) return true;
  const parts = conditions.filter((one) => typeof one !== 'boolean');
  return parts.length === 0 ? false : sql`(${joinSql(parts, ' or ')})`;
};

export const allOf = (conditions: readonly Condition[]): Condition => {
  if (conditions.some((one) => one === false)) return false;
  const parts = conditions.filter((one) => typeof one !== 'boolean');
  return parts.length === 0 ? true : sql`(${joinSql(parts, ' and ')})`;
};

const operators: Readonly<Record<Comparison, Sql>> = {
  '=': sql`=`,
  '<': sql`<`,
  '<=': sql`<=`,
  '>': sql`>`,
  '>=': sql`>=`,
};

/** What conditions on the columns of one part are made with. */
export interface Conditions {
  readonly dialect: Dialect;
  readonly column: BoundPart['column'];
  readonly compare: (column: Column, comparison: Comparison, text: string) => Condition;
  readonly among: (column: Column, texts: readonly string[]) => Condition;
  /** nothing stands there, or one of these texts, which mean the same */
  readonly isEmpty: (column: Column, empties: readonly string[]) => Sql;
}

export const createConditions = (dialect: Dialect, column: BoundPart['column']): Conditions => {
  const compare: Conditions['compare'] = (of, comparison, text) => {
    const value = dialect.bind(of, text);
    return value === undefined ? false : sql`${dialect.operand(of)} ${operators[comparison]} ${value}`;
  };
  const among: Conditions['among'] = (of, texts) => {
    const values = texts.flatMap((text) => dialect.bind(of, text) ?? []);
    return values.length === 0 ? false : sql`${dialect.operand(of)} in (${joinSql(values, ', ')})`;
  };
  return {
    dialect,
    column,
    compare,
    among,
    isEmpty: (of, empties) => {
      const said = among(of, empties);
      const isNull = sql`${dialect.operand(of)} is null`;
      return typeof said === 'boolean' ? isNull : sql`(${isNull} or ${said})`;
    },
  };
};

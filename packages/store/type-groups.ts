/** Types whose resources are found by one and the same condition, so that a statement over many types stays small. */
import type { FilterOf } from '@affinity/core/fhir/backend.ts';
import type { RowName } from './fact-sql.ts';
import { filterSql } from './filter-sql.ts';
import { andSql, orSql, type Sql, sql } from './sql.ts';

export interface TypeGroup {
  readonly types: readonly string[];
  /** stands for each of the types */
  readonly type: string;
}

/** A type whose Filter lets nothing through is in no group. `more` are conditions beside the Filter that hang on the type. */
export const typeGroups = (
  types: readonly string[],
  filterOf: FilterOf,
  more: (type: string) => readonly Sql[] = () => [],
): readonly TypeGroup[] => {
  const visible = [...new Set(types)].filter((type) => filterOf(type).kind !== 'nothing');
  const alike = Map.groupBy(visible, (type) =>
    JSON.stringify([filterSql(filterOf(type), type), ...more(type)].map(({ texts, values }) => [texts, values])),
  );
  return [...alike.values()].map((group) => ({ types: group, type: group[0] ?? '' }));
};

/** The row `f` is of one of these types, and its Filter lets it through; that of an earlier version `h` too, where asked. */
export const visibleSql = (groups: readonly TypeGroup[], filterOf: FilterOf, rows: readonly RowName[] = ['f']): Sql =>
  orSql(
    groups.map(({ types, type }) =>
      andSql([sql`f.type = any(${types})`, ...rows.map((row) => filterSql(filterOf(type), type, row))]),
    ),
  );

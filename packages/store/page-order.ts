/**
 * The order of a search's matches. Without `_sort`: newest first by `date`, where a resource without one stands at its
 * last update. By any other parameter, what has no value comes last, in both directions. FHIR R4 search.html#sort.
 */
import { fhirError } from '@affinity/core/fhir/outcome.ts';
import type { SortKey } from '@affinity/core/fhir/search-query.ts';
import type { KeyKind } from './cursor.ts';
import { andSql, joinSql, orSql, type Sql, sql } from './sql.ts';

/** The rows that the keys are read from: `f`, or the posting `p` whose index gives them in order. */
const columns = {
  f: { date: sql`f.occurred`, _lastUpdated: sql`f.last_updated`, rid: sql`f.rid` },
  p: { date: sql`p.occurred`, _lastUpdated: sql`f.last_updated`, rid: sql`p.rid` },
} as const;

const names = [sql`key1`, sql`key2`, sql`key3`, sql`key4`, sql`key5`, sql`key6`] as const;
/** Parameters that may be sorted by at once. */
export const maxSortKeys = names.length - 1;

/** The keys of a row, in the order's names. */
export type KeyValues = Readonly<Record<string, unknown>>;

export interface OrderKey {
  readonly value: Sql;
  readonly name: Sql;
  readonly kind: KeyKind;
  readonly descending: boolean;
}
export interface Order {
  readonly keys: readonly OrderKey[];
  /** some key is not a column of the row, so no index gives the order */
  readonly computed: boolean;
}

/** What a row is sorted by for a parameter that is no column. */
export type SortValue = (
  param: string,
  descending: boolean,
) => { readonly value: Sql; readonly kind: KeyKind } | undefined;

/** The keys to order by; the last is the resource's own, so that no two rows are equal. */
export const orderOf = (sort: readonly SortKey[], row: 'f' | 'p', sortValue: SortValue): Order => {
  // A parameter that is given again orders nothing more.
  const given = sort.filter(({ param }, at) => sort.findIndex((other) => other.param === param) === at);
  if (given.length > maxSortKeys) {
    throw fhirError(400, 'too-costly', `A search is sorted by at most ${maxSortKeys} parameters.`);
  }
  const asked: readonly SortKey[] = given.length === 0 ? [{ param: 'date', descending: true }] : given;
  let computed = false;
  const parts = asked.map(({ param, descending }): Omit<OrderKey, 'name'> => {
    if (param === 'date' || param === '_lastUpdated') {
      return { value: columns[row][param], kind: 'bigint', descending };
    }
    const found = sortValue(param, descending);
    if (found === undefined) throw fhirError(400, 'not-supported', 'Sorting by this parameter is not supported.');
    computed = true;
    return { ...found, descending };
  });
  const own = { value: columns[row].rid, kind: 'bigint', descending: asked[0]?.descending ?? true } as const;
  return { keys: [...parts, own].map((part, at) => ({ ...part, name: names[at] ?? names[0] })), computed };
};

export const reversed = (keys: readonly OrderKey[]): readonly OrderKey[] =>
  keys.map((key) => ({ ...key, descending: !key.descending }));

/** The keys as columns of a page, and the same keys as its rows have them. */
export const keyColumns = (keys: readonly OrderKey[]): Sql =>
  joinSql(
    keys.map(({ value, name }) => sql`${value} as ${name}`),
    ', ',
  );
export const namedKeys = (keys: readonly OrderKey[]): readonly OrderKey[] =>
  keys.map((key) => ({ ...key, value: key.kind === 'text' ? sql`${key.name} collate "C"` : key.name }));
export const keyNames = (keys: readonly OrderKey[]): Sql =>
  joinSql(
    keys.map(({ name }) => name),
    ', ',
  );

/** Whether the order is by `date` and then the key, as the indexes stand. */
export const isIndexOrder = (sort: readonly SortKey[]): boolean =>
  sort.length === 0 || (sort.length === 1 && sort[0]?.param === 'date');

export const orderBySql = (keys: readonly OrderKey[]): Sql =>
  joinSql(
    keys.map(({ value, descending }) => (descending ? sql`${value} desc` : sql`${value}`)),
    ', ',
  );

const bound: Readonly<Record<KeyKind, (text: string) => Sql>> = {
  bigint: (text) => sql`${text}::bigint`,
  text: (text) => sql`${text}::text`,
  number: (text) => sql`${text}::float8`,
};

/** What comes after a row with these keys, in this order. */
export const afterSql = (keys: readonly OrderKey[], texts: readonly string[]): Sql => {
  const values = keys.map(({ kind }, at) => bound[kind](texts[at] ?? ''));
  if (keys.every(({ descending }) => descending === keys[0]?.descending)) {
    const left = joinSql(
      keys.map(({ value }) => value),
      ', ',
    );
    const right = joinSql(values, ', ');
    return keys[0]?.descending ? sql`(${left}) < (${right})` : sql`(${left}) > (${right})`;
  }
  return orSql(
    keys.map(({ value, descending }, at) => {
      const limit = values[at] ?? sql`null`;
      return andSql([
        ...keys.slice(0, at).map((key, before) => sql`${key.value} = ${values[before] ?? sql`null`}`),
        descending ? sql`${value} < ${limit}` : sql`${value} > ${limit}`,
      ]);
    }),
  );
};

/** The keys of a row as texts. */
export const keyTexts = (keys: readonly OrderKey[], row: KeyValues): readonly string[] =>
  keys.map(({ name }) => String(row[name.texts[0] ?? '']));

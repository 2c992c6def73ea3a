/**
 * The order of a search's matches and the cursor that a page begins at. Without `_sort`: newest first by `date`, where
 * a resource without one stands at its last update. FHIR R4 search.html#sort.
 */
import { fhirError } from '@affinity/core/fhir/outcome.ts';
import type { SortKey } from '@affinity/core/fhir/search-query.ts';
import { andSql, joinSql, orSql, type Sql, sql } from './sql.ts';

/** The rows that the keys are read from: `f`, or the posting `p` whose index gives them in order. */
const columns = {
  f: { date: sql`f.occurred`, _lastUpdated: sql`f.last_updated`, rid: sql`f.rid` },
  p: { date: sql`p.occurred`, _lastUpdated: sql`f.last_updated`, rid: sql`p.rid` },
} as const;

/** Names that `_sort` takes. */
export const sortableParams = (params: ReadonlySet<string>): readonly string[] =>
  params.has('date') ? ['_lastUpdated', 'date'] : ['_lastUpdated'];

/** Names that the keys have in the rows of a page. */
const names = { key1: sql`page.key1`, key2: sql`page.key2`, key3: sql`page.key3` } as const;
const bareNames = { key1: sql`key1`, key2: sql`key2`, key3: sql`key3` } as const;
type KeyName = keyof typeof names;

export type KeyValues = Readonly<Record<KeyName, string>>;

export interface OrderKey {
  readonly column: Sql;
  readonly name: KeyName;
  readonly descending: boolean;
}

/** The keys to order by; the last is the resource's own, so that no two rows are equal. */
export const orderKeys = (sort: readonly SortKey[], row: 'f' | 'p'): readonly OrderKey[] => {
  const [first = { param: 'date', descending: true }, ...others] = sort;
  // A parameter that is given again orders nothing more.
  const second = others.find(({ param }) => param !== first.param);
  const columnOf = ({ param }: SortKey): Sql => {
    if (param === 'date' || param === '_lastUpdated') return columns[row][param];
    throw fhirError(400, 'not-supported', 'Sorting by this parameter is not supported.');
  };
  for (const key of others) columnOf(key);
  return [
    { name: 'key1', column: columnOf(first), descending: first.descending },
    ...(second === undefined
      ? []
      : [{ name: 'key2', column: columnOf(second), descending: second.descending } as const]),
    { name: 'key3', column: columns[row].rid, descending: first.descending },
  ];
};

/** The keys as columns of a page, and the same order for its rows. */
export const keyColumns = (keys: readonly OrderKey[]): Sql =>
  joinSql(
    keys.map(({ column, name }) => sql`${column} as ${bareNames[name]}`),
    ', ',
  );
export const keysOfPage = (keys: readonly OrderKey[]): readonly OrderKey[] =>
  keys.map((key) => ({ ...key, column: names[key.name] }));

/** Whether the order is by `date` and then the key, as the indexes stand. */
export const isIndexOrder = (sort: readonly SortKey[]): boolean =>
  sort.length === 0 || (sort.length === 1 && sort[0]?.param === 'date');

export const orderBySql = (keys: readonly OrderKey[]): Sql =>
  joinSql(
    keys.map(({ column, descending }) => (descending ? sql`${column} desc` : sql`${column}`)),
    ', ',
  );

/** What comes after the row that the cursor names, in this order. */
export const afterSql = (keys: readonly OrderKey[], cursor: string): Sql => {
  const values = parseCursor(cursor, keys.length);
  const uniform = keys.every(({ descending }) => descending === keys[0]?.descending);
  if (uniform) {
    const left = joinSql(
      keys.map(({ column }) => column),
      ', ',
    );
    const right = joinSql(
      values.map((value) => sql`${value}::bigint`),
      ', ',
    );
    return keys[0]?.descending ? sql`(${left}) < (${right})` : sql`(${left}) > (${right})`;
  }
  return orSql(
    keys.map(({ column, descending }, index) =>
      andSql([
        ...keys.slice(0, index).map((key, at) => sql`${key.column} = ${values[at]}::bigint`),
        descending ? sql`${column} < ${values[index]}::bigint` : sql`${column} > ${values[index]}::bigint`,
      ]),
    ),
  );
};

/** The values of the last row's keys. Opaque to everybody else, and bound to the caller by the guard, not here. */
export const toCursor = (keys: readonly OrderKey[], values: KeyValues): string =>
  Buffer.from(keys.map(({ name }) => values[name]).join(' ')).toString('base64url');

const largest = 2n ** 63n;

const parseCursor = (cursor: string, length: number): readonly string[] => {
  const values = Buffer.from(cursor, 'base64url').toString().split(' ');
  const sound = values.every(
    (value) => /^-?\d{1,19}$/.test(value) && BigInt(value) < largest && -BigInt(value) < largest,
  );
  if (!sound || values.length !== length) {
    throw fhirError(400, 'value', 'The link to this page is not one that this server gave out.');
  }
  return values;
};

/** One page of a search: the rows of its branches in their common order, cut at its size, with their bodies. FHIR R4 http.html#paging. */

import { type Cursor, cursorText, readCursor } from './cursor.ts';
import type { Query } from './database.ts';
import {
  afterSql,
  type KeyValues,
  keyColumns,
  keyNames,
  keyTexts,
  namedKeys,
  type Order,
  orderBySql,
  reversed,
} from './page-order.ts';
import type { Source } from './source.ts';
import { type Sql, sql } from './sql.ts';
import type { VersionRow } from './version-row.ts';

/** Rows of one or several types that are found in the same way. All branches of a search have the same keys by name. */
export interface Branch {
  readonly source: Source;
  readonly matching: Sql;
  readonly order: Order;
  /** where given, the source is of one type at a time, `t.type`, and these are the types */
  readonly types?: readonly string[];
}

export type MatchRow = VersionRow & KeyValues & { readonly rid: string; readonly type: string };

export interface Page {
  readonly rows: readonly MatchRow[];
  /** it shows everything that is found */
  readonly whole: boolean;
  readonly next?: string;
  readonly previous?: string;
  readonly last?: string;
}

/** The statement for each type of the branch, where it is of one type at a time: then each goes by its own index. */
const eachType = ({ types }: Branch, rows: Sql): Sql =>
  types === undefined ? rows : sql`select e.* from unnest(${types}::text[]) as t (type) cross join lateral (${rows}) e`;

/** The rows of one branch from where the page begins, in the order asked for. */
const branchSql = (branch: Branch, backward: boolean, from: readonly string[] | undefined, limit: number): Sql => {
  const { source, matching, order } = branch;
  const keys = backward ? reversed(order.keys) : order.keys;
  const within = (named: typeof keys): Sql => (from === undefined ? sql`` : sql`and ${afterSql(named, from)}`);
  const rows = sql`select f.rid, ${keyColumns(keys)} from ${source.from} where ${source.where} and ${matching}`;
  if (!order.computed)
    return eachType(branch, sql`${rows} ${within(keys)} order by ${orderBySql(keys)} limit ${limit}`);
  // What is computed is computed once for each row, and compared afterwards.
  const named = namedKeys(keys);
  return eachType(
    branch,
    sql`select * from (${rows} offset 0) s where true ${within(named)} order by ${orderBySql(named)} limit ${limit}`,
  );
};

const unionSql = (parts: readonly Sql[]): Sql => {
  const [first = sql`select null::bigint as rid where false`, ...others] = parts;
  return others.reduce((all, part) => sql`${all} union all (${part})`, others.length === 0 ? first : sql`(${first})`);
};

/** The page is found on narrow rows; only then are the bodies fetched. */
export const findPage = async (
  query: Query,
  branches: readonly Branch[],
  count: number,
  cursor: string | undefined,
): Promise<Page> => {
  const [branch] = branches;
  if (branch === undefined) return { rows: [], whole: true };
  const { keys } = branch.order;
  const at: Cursor | undefined =
    cursor === undefined
      ? undefined
      : readCursor(
          cursor,
          keys.map(({ kind }) => kind),
        );
  const backward = at?.side === 'before' || at?.side === 'end';
  const from = at !== undefined && 'keys' in at ? at.keys : undefined;
  const named = namedKeys(backward ? reversed(keys) : keys);
  const found = unionSql(branches.map((one) => branchSql(one, backward, from, count + 1)));
  const rows = await query<MatchRow>(sql`
    select r.rid, r.type, r.id, r.version, r.last_updated, r.deleted, r.owner, r.owners, r.body, ${keyNames(keys)}
    from (select * from (${found}) page order by ${orderBySql(named)} limit ${count + 1}) page
      join resource r on r.rid = page.rid
    order by ${orderBySql(named)}`);
  const more = rows.length > count;
  const shown = backward ? rows.slice(0, count).toReversed() : rows.slice(0, count);
  const beside = (side: 'after' | 'before', row: MatchRow | undefined): string | undefined =>
    row === undefined ? undefined : cursorText({ side, keys: keyTexts(keys, row) });
  const next = (backward ? at.side === 'before' : more) ? beside('after', shown.at(-1)) : undefined;
  const previous = (backward ? more : at !== undefined) ? beside('before', shown[0]) : undefined;
  return {
    rows: shown,
    whole: at === undefined && !more,
    ...(next === undefined ? {} : { next, last: cursorText({ side: 'end' }) }),
    ...(previous === undefined ? {} : { previous }),
  };
};

/** How many rows the branches find, exactly. */
export const countMatches = async (query: Query, branches: readonly Branch[]): Promise<number> => {
  if (branches.length === 0) return 0;
  const counts = branches.map((branch) => {
    const { source, matching } = branch;
    return eachType(branch, sql`select count(*) as found from ${source.from} where ${source.where} and ${matching}`);
  });
  const [row] = await query<{ total: string | null }>(
    sql`select sum(found) as total from (${unionSql(counts)}) counts`,
  );
  return Number(row?.total ?? 0);
};

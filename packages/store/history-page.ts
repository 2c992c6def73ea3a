/** Which versions a page of a history wants: `_since`, `_at`, and where the page begins. FHIR R4 http.html#history. */
import type { HistoryEntry } from '@affinity/core/fhir/backend.ts';
import type { HistoryPage } from '@affinity/core/fhir/interaction.ts';
import { cursorText, foreignCursor, readCursor } from './cursor.ts';
import { andSql, type Sql, sql } from './sql.ts';
import { toDeletion, toVersion, type VersionRow } from './version-row.ts';

export interface HistoryRow extends VersionRow {
  readonly rid: string;
  readonly type: string;
  readonly method: HistoryEntry['method'];
}

/** The rows of a history: the current version, or an earlier one with its current one `f` beside it. */
const columns = {
  f: { at: sql`f.last_updated`, version: sql`f.version`, rid: sql`f.rid` },
  h: { at: sql`h.last_updated`, version: sql`h.version`, rid: sql`h.rid` },
} as const;

/**
 * When the next version came that may be seen: one that may not is as if it had never been, so that nothing tells when it
 * was. `later` is the Filter on an earlier version `h`; the inner `h` is such a later one.
 */
const replacedAt = (later: Sql): Sql => sql`coalesce((
  select h.last_updated from (select h.rid as its_rid, h.version as its_version) its, resource_history h
  where h.rid = its.its_rid and h.version > its.its_version and ${later} order by h.version limit 1), f.last_updated)`;

/** The keys of the version that the page comes after. */
const placeOf = (before: string): readonly string[] => {
  const cursor = readCursor(before, ['bigint', 'bigint', 'bigint']);
  if (cursor.side !== 'after') throw foreignCursor();
  return cursor.keys;
};

/** The conditions of a page on one row. A version is current from its own instant to that of the next. `later`: `replacedAt`. */
export const wantedSql = ({ since, at, before }: HistoryPage, row: 'f' | 'h', later: Sql): Sql => {
  const { at: updated, version, rid } = columns[row];
  const [instant, key, number] = before === undefined ? [] : placeOf(before);
  return andSql([
    ...(since === undefined ? [] : [sql`${updated} >= ${Date.parse(since)}`]),
    ...(at === undefined ? [] : [sql`${updated} < ${at.end}`]),
    ...(at === undefined || row === 'f' ? [] : [sql`${replacedAt(later)} > ${at.start}`]),
    ...(instant === undefined
      ? []
      : [sql`(${updated}, ${rid}, ${version}) < (${instant}::bigint, ${key}::bigint, ${number}::bigint)`]),
  ]);
};

/** The page cut at its size, of rows of which one more was read. */
export const toHistory = (rows: readonly HistoryRow[], count: number) => {
  const shown = rows.slice(0, count);
  const last = shown.at(-1);
  return {
    kind: 'history' as const,
    entries: shown.map(
      (row): HistoryEntry => ({
        method: row.method,
        version: row.deleted ? toDeletion(row.type, row) : toVersion(row.type, row),
      }),
    ),
    ...(rows.length > shown.length && last !== undefined
      ? { next: cursorText({ side: 'after', keys: [last.last_updated, last.rid, String(last.version)] }) }
      : {}),
  };
};

/** The versions of one resource, newest first. FHIR R4 http.html#history. */
import type { Backend } from '@affinity/core/fhir/backend.ts';
import { filterSql } from './filter-sql.ts';
import { type HistoryRow, toHistory, wantedSql } from './history-page.ts';
import { sql } from './sql.ts';
import { resourceKey } from './terms.ts';
import type { Ask } from './time-limit.ts';

/** Each version is judged by its own content and by the current (or last) one, so the page is cut after the Filter. */
export const createHistory =
  (ask: Ask): Backend['historyInstance'] =>
  ({ type, id, page }, filter, signal) =>
    ask(async (query) => {
      const rid = resourceKey(type, id);
      const current = sql`f.rid = ${rid} and f.type = ${type} and f.id = ${id} and ${filterSql(filter, type)}`;
      const seenEarlier = filterSql(filter, type, 'h');
      const [seen] = await query(sql`select from resource f where ${current}`);
      if (seen === undefined) return { kind: 'absent' };
      const rows = await query<HistoryRow>(sql`
        select f.rid, f.type, f.id, f.version, f.last_updated, f.deleted, f.owner, f.owners, f.body, f.method
        from resource f where ${current} and ${wantedSql(page, 'f', sql`true`)}
        union all
        select f.rid, f.type, f.id, h.version, h.last_updated, h.method = 'DELETE', h.owner, h.owners, h.body, h.method
        from resource f join resource_history h on h.rid = f.rid
        where ${current} and ${seenEarlier} and ${wantedSql(page, 'h', seenEarlier)}
        order by version desc limit ${page.count + 1}`);
      return toHistory(rows, page.count);
    }, signal);

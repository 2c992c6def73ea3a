/** Reads the records of the audit log in their order. docs/decisions/0004-audit-log.md. */
import type { AuditRecord } from '@affinity/core/fhir/audit-event.ts';
import type pg from 'pg';

/** Segments read at once. */
const pageSize = 200;

export interface AuditRange {
  /** only segments written at or after this instant */
  readonly since?: Date;
  /** only segments written before this instant */
  readonly until?: Date;
  /** only records that this returns true for */
  readonly matches?: (record: AuditRecord) => boolean;
}

interface RecordsRow {
  /** microseconds are kept, so that a page begins exactly after the last */
  readonly written: string;
  readonly writer: string;
  readonly sequence: string;
  readonly records: string;
}

/** The records in the order in which their segments were written. */
export async function* readAuditRecords(pool: pg.Pool, range: AuditRange = {}): AsyncGenerator<AuditRecord> {
  let after: readonly [string, string, string] = ['-infinity', '00000000-0000-0000-0000-000000000000', '0'];
  for (;;) {
    const { rows }: pg.QueryResult<RecordsRow> = await pool.query(
      `select written::text, writer, sequence, records from audit_segment
       where (written, writer, sequence) > ($1::timestamptz, $2::uuid, $3::bigint)
         and written >= coalesce($4::timestamptz, '-infinity') and written < coalesce($5::timestamptz, 'infinity')
       order by written, writer, sequence limit $6`,
      [...after, range.since ?? null, range.until ?? null, pageSize],
    );
    for (const { records } of rows) {
      for (const line of records.split('\n')) {
        const record: AuditRecord = JSON.parse(line);
        if (range.matches?.(record) ?? true) yield record;
      }
    }
    const last = rows.at(-1);
    if (last === undefined || rows.length < pageSize) return;
    after = [last.written, last.writer, last.sequence];
  }
}

/** Reads the audit log: its records in order, and whether its chains are whole. docs/decisions/0004-audit-log.md. */
import type { AuditRecord } from '@affinity/core/fhir/audit-event.ts';
import type pg from 'pg';
import { beforeFirst, type ChainHead, type Segment, segmentHash } from './audit-chain.ts';

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

export type AuditVerdict =
  | { readonly kind: 'intact'; readonly segments: number; readonly records: number }
  | {
      readonly kind: 'broken';
      readonly at: { readonly writer: string; readonly sequence: number };
      readonly why: 'missing' | 'out-of-order' | 'changed' | 'count';
    };

interface SegmentRow extends Omit<Segment, 'sequence'> {
  readonly sequence: string;
  readonly hash: Buffer;
}

const faultOf = (
  segment: Segment,
  hash: Buffer,
  before: ChainHead | undefined,
): 'missing' | 'out-of-order' | 'changed' | 'count' | undefined => {
  const expected = before?.writer === segment.writer ? before.sequence + 1 : 1;
  if (segment.sequence !== expected) return 'missing';
  const previous = before?.writer === segment.writer ? Buffer.from(before.hash, 'hex') : beforeFirst;
  if (!segment.previous.equals(previous)) return 'out-of-order';
  if (!segmentHash(segment).equals(hash)) return 'changed';
  return segment.records.split('\n').length === segment.count ? undefined : 'count';
};

/**
 * Reads every segment and checks each chain, and that what later chains (and `witnessed` heads, noted elsewhere) say of
 * the ends of others is there. What was cut off after the last such link cannot be seen from the table alone.
 */
export const verifyAuditLog = async (pool: pg.Pool, witnessed: readonly ChainHead[] = []): Promise<AuditVerdict> => {
  const claims = new Map<string, ChainHead>(witnessed.map((head) => [keyOf(head), head]));
  const fulfilled = new Set<string>();
  let before: ChainHead | undefined;
  let [segments, records] = [0, 0];
  for (;;) {
    const { rows }: pg.QueryResult<SegmentRow> = await pool.query(
      `select writer, sequence, count, previous, links, records, hash from audit_segment
       where (writer, sequence) > ($1::uuid, $2::bigint) order by writer, sequence limit $3`,
      [before?.writer ?? '00000000-0000-0000-0000-000000000000', before?.sequence ?? 0, pageSize],
    );
    for (const row of rows) {
      const segment = { ...row, sequence: Number(row.sequence) };
      const fault = faultOf(segment, row.hash, before);
      if (fault !== undefined) {
        return { kind: 'broken', at: { writer: row.writer, sequence: segment.sequence }, why: fault };
      }
      before = { writer: row.writer, sequence: segment.sequence, hash: row.hash.toString('hex') };
      fulfilled.add(keyOf(before));
      for (const link of row.links) claims.set(keyOf(link), link);
      segments += 1;
      records += row.count;
    }
    if (rows.length < pageSize) break;
  }
  for (const [key, { writer, sequence }] of claims) {
    if (!fulfilled.has(key)) return { kind: 'broken', at: { writer, sequence }, why: 'missing' };
  }
  return { kind: 'intact', segments, records };
};

const keyOf = ({ writer, sequence, hash }: ChainHead): string => `${writer} ${sequence} ${hash}`;

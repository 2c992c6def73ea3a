/**
 * Whether the AuditEvents that are searched for say what the audit log says: each is made again from its record and held
 * against what is stored. docs/decisions/0004-audit-log.md.
 */
import { auditEventsOf, ownTag } from '@affinity/core/balp/audit-event-resources.ts';
import type { AuditRecord } from '@affinity/core/fhir/audit-event.ts';
import type { Meta } from '@affinity/core/fhir/resource.ts';
import type pg from 'pg';
import { type PreparedResource, prepareItem } from './import-item.ts';

export interface EventFault {
  /** `invented`: it bears our mark, and more bear it than the log has; how many is in `count` */
  readonly why: 'absent' | 'changed' | 'invented';
  readonly writer?: string;
  readonly sequence?: number;
  /** of the AuditEvent */
  readonly id?: string;
  readonly count?: number;
}

export interface EventReport {
  readonly events: number;
  /** made by another version of the mapping: only their being there was looked at */
  readonly otherMapping: number;
  readonly faults: readonly EventFault[];
  readonly faultCount: number;
  /** segments whose records are not resources yet */
  readonly waiting: number;
}

export interface EventCheckOptions {
  /** of a hundred segments, how many are looked at; 100: all, and then what the log does not know is counted too */
  readonly percent: number;
  readonly faultLimit?: number;
}

const segmentsAtOnce = 20;

interface SegmentRow {
  readonly writer: string;
  readonly sequence: string;
  readonly records: string;
}
interface StoredRow {
  readonly rid: string;
  readonly version: number;
  readonly deleted: boolean;
  readonly last_updated: string;
  readonly body: string | null;
}

const preparedFrom = ({ records }: SegmentRow): readonly PreparedResource[] =>
  records.split('\n').flatMap((line) => {
    try {
      const record: AuditRecord = JSON.parse(line);
      return auditEventsOf(record).flatMap((resource) => {
        const preparation = prepareItem({ kind: 'resource', resource });
        return preparation.kind === 'ready' ? [preparation.prepared] : [];
      });
    } catch {
      return [];
    }
  });

const mappingOf = (body: string): string | undefined => {
  try {
    const { meta }: { meta?: Meta } = JSON.parse(body);
    return meta?.tag?.find(({ system }) => system === ownTag.system)?.version;
  } catch {
    return undefined;
  }
};

export const checkAuditEvents = async (
  pool: pg.Pool,
  { percent, faultLimit = 100 }: EventCheckOptions,
): Promise<EventReport> => {
  const faults: EventFault[] = [];
  let [faultCount, events, otherMapping] = [0, 0, 0];
  const tell = (fault: EventFault): void => {
    faultCount += 1;
    if (faults.length < faultLimit) faults.push(fault);
  };
  const judge = (row: StoredRow | undefined, prepared: PreparedResource): EventFault['why'] | undefined => {
    if (row === undefined) return 'absent';
    if (row.deleted || row.body === null) return 'changed';
    const mapping = mappingOf(row.body);
    if (mapping !== undefined && mapping !== ownTag.version) {
      otherMapping += 1;
      return undefined;
    }
    return prepared.bodyOf(row.version, Number(row.last_updated)) === row.body ? undefined : 'changed';
  };

  const client = await pool.connect();
  try {
    // One snapshot: what is filled meanwhile is neither looked for nor counted.
    await client.query('begin isolation level repeatable read read only');
    const { rows: positions } = await client.query<{ writer: string; sequence: string }>(
      'select writer, sequence from audit_filled order by writer',
    );
    for (const { writer, sequence } of positions) {
      let after = '0';
      for (;;) {
        const { rows } = await client.query<SegmentRow>(
          `select writer, sequence, records from audit_segment
           where writer = $1 and sequence > $2 and sequence <= $3 order by sequence limit $4`,
          [writer, after, sequence, segmentsAtOnce],
        );
        for (const segment of rows) {
          if (Math.random() * 100 >= percent) continue;
          const expected = preparedFrom(segment);
          const { rows: stored } = await client.query<StoredRow>(
            'select rid, version, deleted, last_updated, body from resource where rid = any($1::bigint[])',
            [expected.map(({ rid }) => String(rid))],
          );
          const byKey = new Map(stored.map((row) => [row.rid, row]));
          for (const prepared of expected) {
            events += 1;
            const why = judge(byKey.get(String(prepared.rid)), prepared);
            if (why !== undefined) tell({ why, writer, sequence: Number(segment.sequence), id: prepared.id });
          }
        }
        const last = rows.at(-1);
        if (last === undefined || rows.length < segmentsAtOnce) break;
        after = last.sequence;
      }
    }
    if (percent >= 100 && faultCount === 0) {
      const { rows } = await client.query<{ marked: string }>(
        `select count(*) as marked from resource
         where type = 'AuditEvent' and not deleted and body::jsonb -> 'meta' -> 'tag' @> $1::jsonb`,
        [JSON.stringify([{ system: ownTag.system }])],
      );
      const invented = Number(rows[0]?.marked ?? 0) - events;
      if (invented > 0) tell({ why: 'invented', count: invented });
    }
    const { rows: left } = await client.query<{ waiting: string }>(
      `select count(*) as waiting from audit_segment s left join audit_filled f using (writer)
       where s.sequence > coalesce(f.sequence, 0)`,
    );
    return { events, otherMapping, faults, faultCount, waiting: Number(left[0]?.waiting ?? 0) };
  } finally {
    await client.query('rollback').catch(() => {});
    client.release();
  }
};

/**
 * Makes the AuditEvents that are searched for out of the audit log, after the answers have left: each chain is read in its
 * order, and how far it was read is moved in the transaction that stores what came of it, so that a crash neither loses nor
 * doubles anything. docs/decisions/0004-audit-log.md; IHE BALP; RESTful ATNA ITI-81.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { auditEventsOf } from '@affinity/core/balp/audit-event-resources.ts';
import type { AuditRecord } from '@affinity/core/fhir/audit-event.ts';
import type pg from 'pg';
import { createImporting, storeBatchWithin } from './import-batch.ts';
import { type PreparedResource, prepareItem } from './import-item.ts';
import { transaction } from './postgres/pool.ts';

export interface AuditFillingOptions {
  readonly pool: pg.Pool;
  /** the absolute URLs at which the store's resources are known */
  readonly ownBases: readonly string[];
  /** part of the time that may be spent on it, 0.01…1: what serves people goes first. 0.25 unless told. */
  readonly share?: number;
  /** milliseconds between two looks when there is nothing to do; 500 unless told */
  readonly pollMs?: number;
  /** records that one transaction takes at most, but for those of its first segment; 200 unless told */
  readonly recordsAtOnce?: number;
  /** epoch milliseconds; the system's clock unless told */
  readonly now?: () => number;
  readonly log: (event: string, details: Readonly<Record<string, unknown>>) => void;
}

export interface AuditFilling {
  /** Fills until nothing is left that was written before. @returns the segments that were taken */
  catchUp(): Promise<number>;
  /** Fills for ever. Errors of the database are logged, and it is tried again. */
  start(): void;
  /** Ends after the transaction that is under way. */
  close(): Promise<void>;
}

/** Every chain that has segments beyond what was filled. The chains are few (one a process start), and found by the index. */
const pendingChains = async (pool: pg.Pool): Promise<readonly string[]> => {
  const { rows } = await pool.query<{ writer: string }>({
    name: 'audit-pending',
    text: `with recursive chain as (
       (select writer from audit_segment order by writer limit 1)
       union all
       select (select s.writer from audit_segment s where s.writer > c.writer order by s.writer limit 1)
       from chain c where c.writer is not null)
     select c.writer from chain c left join audit_filled f using (writer)
     where c.writer is not null and exists (
       select from audit_segment s where s.writer = c.writer and s.sequence > coalesce(f.sequence, 0))`,
  });
  return rows.map(({ writer }) => writer);
};

interface SegmentRow {
  readonly sequence: string;
  readonly records: string;
}

/** The next segments of a chain, as many as hold `records` at most, and one at least. */
const nextSegments = async (
  client: pg.PoolClient,
  writer: string,
  after: string,
  records: number,
): Promise<readonly SegmentRow[]> => {
  const { rows } = await client.query<SegmentRow>({
    name: 'audit-next-segments',
    text: `select sequence, records from (
       select sequence, records, sum(count) over (order by sequence) as held from (
         select sequence, records, count from audit_segment
         where writer = $1 and sequence > $2 order by sequence limit 100) following) next
     where held <= $3 or sequence = $2 + 1 order by sequence`,
    values: [writer, after, records],
  });
  return rows;
};

/** Resources that one statement stores: indexing them holds up whatever else this process does. */
const resourcesAtOnce = 25;

export const createAuditFilling = (options: AuditFillingOptions): AuditFilling => {
  const { pool, ownBases, share = 0.25, pollMs = 500, recordsAtOnce = 200, now = Date.now, log } = options;
  const importing = createImporting(pool, ownBases);
  const closing = new AbortController();
  let running: Promise<void> | undefined;

  /** A record that cannot be understood holds nothing up: the verification of the log tells of it. */
  const preparedFrom = function* (writer: string, { sequence, records }: SegmentRow): Generator<PreparedResource> {
    for (const line of records.split('\n')) {
      try {
        const record: AuditRecord = JSON.parse(line);
        for (const resource of auditEventsOf(record)) {
          const preparation = prepareItem({ kind: 'resource', resource });
          if (preparation.kind === 'ready') yield preparation.prepared;
          else log('audit-record-not-stored', { writer, sequence, reason: preparation.reason });
        }
      } catch (error) {
        const kind = error instanceof Error ? error.name : typeof error;
        log('audit-record-not-understood', { writer, sequence, error: kind });
      }
    }
  };

  /** @returns the segments that were taken; none where another process is filling this chain, or nothing is left of it */
  const fillChain = (writer: string): Promise<number> =>
    transaction(pool, async (client) => {
      // Rows and position are lost together or not at all, so nobody waits for the disk.
      await client.query('set local synchronous_commit to off');
      await client.query('insert into audit_filled (writer, sequence) values ($1, 0) on conflict do nothing', [writer]);
      const { rows } = await client.query<{ sequence: string }>(
        'select sequence from audit_filled where writer = $1 for update skip locked',
        [writer],
      );
      const [position] = rows;
      if (position === undefined) return 0;
      const segments = await nextSegments(client, writer, position.sequence, recordsAtOnce);
      const last = segments.at(-1);
      if (last === undefined) return 0;
      let batch = new Map<PreparedResource['rid'], PreparedResource>();
      const store = async (): Promise<void> => {
        const { collisions } = await storeBatchWithin(importing, client, [...batch.values()], {
          keep: false,
          now: now(),
        });
        for (const { id } of collisions) log('audit-event-not-stored', { id });
        batch = new Map();
      };
      for (const segment of segments) {
        for (const prepared of preparedFrom(writer, segment)) {
          batch.set(prepared.rid, prepared);
          if (batch.size >= resourcesAtOnce) await store();
        }
      }
      if (batch.size > 0) await store();
      await client.query('update audit_filled set sequence = $2 where writer = $1', [writer, last.sequence]);
      return segments.length;
    });

  /** After a piece of work, a rest that keeps to the share. */
  const rest = async (milliseconds: number): Promise<void> => {
    await sleep(milliseconds, undefined, { signal: closing.signal }).catch(() => {});
  };

  /** Once through what is pending. @returns the segments that were taken */
  const round = async (yielding: boolean): Promise<number> => {
    let taken = 0;
    for (const writer of await pendingChains(pool)) {
      if (closing.signal.aborted) return taken;
      const began = performance.now();
      taken += await fillChain(writer);
      const spent = performance.now() - began;
      if (yielding) await rest((spent * (1 - share)) / share);
    }
    return taken;
  };

  const run = async (): Promise<void> => {
    let failures = 0;
    while (!closing.signal.aborted) {
      try {
        const taken = await round(true);
        failures = 0;
        if (taken === 0) await rest(pollMs);
      } catch (error) {
        failures += 1;
        log('audit-events-not-filled', { error: error instanceof Error ? error.name : typeof error, failures });
        await rest(Math.min(pollMs * 2 ** Math.min(failures, 6), 30_000));
      }
    }
  };

  return {
    catchUp: async () => {
      let total = 0;
      for (;;) {
        const taken = await round(false);
        total += taken;
        if (taken === 0) return total;
      }
    },
    start: () => {
      running ??= run();
    },
    close: async () => {
      closing.abort();
      await running;
    },
  };
};

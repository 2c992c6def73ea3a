/**
 * The audit log on PostgreSQL: append-only, in hash-chained segments. Records that wait while one commit is under way
 * share the next, so its cost is spread over all who wait. IHE BALP; docs/decisions/0004-audit-log.md.
 */
import { randomUUID } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { AuditLog, AuditRecord } from '@affinity/core/fhir/audit-event.ts';
import type pg from 'pg';
import { beforeFirst, type ChainHead, type Segment, segmentHash } from './audit-chain.ts';

export interface AuditLogOptions {
  readonly pool: pg.Pool;
  /** records that may wait at once; one more is refused. 10,000 unless told. */
  readonly queueLimit?: number;
  /** records in one segment at most. 1,000 unless told. */
  readonly segmentLimit?: number;
}

/** The record could not be made durable. Nothing may be answered but 503. */
export class AuditUnavailable extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'AuditUnavailable';
  }
}

interface Waiting {
  readonly line: string;
  readonly resolve: () => void;
  readonly reject: (error: AuditUnavailable) => void;
}

interface Chain {
  readonly writer: string;
  sequence: number;
  previous: Buffer;
  /** for the first segment only */
  links: readonly ChainHead[];
}

/** The last segment of every chain: a few looks into the index for each, however long the chains are. */
export const readChainHeads = async (pool: pg.Pool): Promise<readonly ChainHead[]> => {
  const { rows } = await pool.query<{ writer: string; sequence: string; hash: Buffer }>(
    `with recursive chain as (
       (select writer from audit_segment order by writer limit 1)
       union all
       select (select s.writer from audit_segment s where s.writer > c.writer order by s.writer limit 1)
       from chain c where c.writer is not null)
     select last.writer, last.sequence, last.hash from chain c
     cross join lateral (
       select writer, sequence, hash from audit_segment s where s.writer = c.writer order by sequence desc limit 1) last
     order by last.writer`,
  );
  return rows.map(({ writer, sequence, hash }) => ({ writer, sequence: Number(sequence), hash: hash.toString('hex') }));
};

const insertSegment = {
  name: 'audit-append',
  text: `insert into audit_segment (writer, sequence, count, previous, links, records, hash)
    values ($1, $2, $3, $4, $5, $6, $7)`,
};

const writeSegment = async (pool: pg.Pool, segment: Segment, hash: Buffer): Promise<void> => {
  const { writer, sequence, count, previous, links, records } = segment;
  await pool.query({
    ...insertSegment,
    values: [writer, sequence, count, previous, JSON.stringify(links), records, hash],
  });
};

/** An AuditLog that also tells when nothing is waiting, for an orderly stop. */
export interface PostgresAuditLog extends AuditLog {
  /** Resolves when everything that was appended is durable or was refused. */
  settle(): Promise<void>;
}

export const createAuditLog = ({
  pool,
  queueLimit = 10_000,
  segmentLimit = 1000,
}: AuditLogOptions): PostgresAuditLog => {
  const queue: Waiting[] = [];
  let chain: Chain | undefined;
  let inFlight = 0;
  let flushing: Promise<void> | undefined;

  const append = async (batch: readonly Waiting[]): Promise<void> => {
    chain ??= { writer: randomUUID(), sequence: 0, previous: beforeFirst, links: await readChainHeads(pool) };
    const { writer, previous, links } = chain;
    const records = batch.map(({ line }) => line).join('\n');
    const segment = { writer, sequence: chain.sequence + 1, count: batch.length, previous, links, records };
    const hash = segmentHash(segment);
    await writeSegment(pool, segment, hash);
    chain = { writer, sequence: segment.sequence, previous: hash, links: [] };
  };

  const flush = async (): Promise<void> => {
    while (queue.length > 0) {
      const batch = queue.splice(0, segmentLimit);
      inFlight = batch.length;
      try {
        await append(batch);
        for (const { resolve } of batch) resolve();
      } catch (cause) {
        // Whether the segment was written is not known: the next one begins a chain of its own, linked to what is there.
        chain = undefined;
        const error = new AuditUnavailable('The audit record could not be made durable.', cause);
        for (const { reject } of batch) reject(error);
      }
      inFlight = 0;
    }
    flushing = undefined;
  };

  return {
    append: (record: AuditRecord) =>
      new Promise((resolve, reject) => {
        if (queue.length + inFlight >= queueLimit) {
          reject(new AuditUnavailable(`${queueLimit} audit records are waiting already.`));
          return;
        }
        queue.push({ line: JSON.stringify(record), resolve, reject });
        // The records of one turn of the event loop go together.
        flushing ??= nextTurn().then(flush);
      }),
    settle: async () => {
      while (flushing !== undefined) await flushing;
    },
  };
};

/**
 * Whether the audit log is as it was written: walks every chain and says where something was changed, removed, moved, put in
 * or repeated. Reads page by page, so that memory stays flat and a log that is being written to can be looked at.
 * docs/decisions/0004-audit-log.md.
 */
import type pg from 'pg';
import { beforeFirst, type ChainHead, type Segment, segmentHash } from './audit-chain.ts';

/**
 * `missing`: no such segment. `cut-off`: somebody noted an end of the chain that is behind its end now. `out-of-order`: it
 * does not follow the one before it: that was rewritten, or this one was moved or put in. `changed`: its content is not what
 * its hash says. `count`: it does not hold as many records as it says. `repeated`: a record stands in the chain twice.
 */
export type AuditFaultKind = 'missing' | 'cut-off' | 'out-of-order' | 'changed' | 'count' | 'repeated';

export interface AuditFault {
  readonly why: AuditFaultKind;
  readonly writer: string;
  /** of a gap, the first that is missing */
  readonly sequence: number;
  /** of a gap, the last that is missing */
  readonly until?: number;
  /** instant at which the segment was written; of a gap, that of the first after it; unknown for what is gone */
  readonly written?: string;
}

export interface AuditReport {
  readonly kind: 'intact' | 'broken';
  readonly segments: number;
  readonly records: number;
  /** the first of them, as many as `faultLimit` says */
  readonly faults: readonly AuditFault[];
  readonly faultCount: number;
  /** the ends of the chains as they are now, to be kept elsewhere */
  readonly heads: readonly ChainHead[];
  /** segments that were written earlier than the one before them: the clock of the database was set back */
  readonly clockSteps: number;
}

export interface VerifyOptions {
  /** heads that were noted elsewhere: what was cut off behind them is found */
  readonly heads?: readonly ChainHead[];
  /** faults told at most; 100 unless told. All are counted. */
  readonly faultLimit?: number;
  /** told after each page */
  readonly onProgress?: (records: number) => void;
}

/** Segments read at once. */
const pageSize = 20;
/** Ids of records of one chain that are remembered, to see one that stands there again. */
const remembered = 20_000;
/** Milliseconds by which an instant may be before the last: connections of one pool do not wait for one another. */
const clockTolerance = 1_000;

interface SegmentRow extends Omit<Segment, 'sequence'> {
  readonly sequence: string;
  readonly hash: Buffer;
  readonly written: Date;
}

const idOf = (line: string): string => /^\{"id":"([^"]{1,100})"/.exec(line)?.[1] ?? line.slice(0, 100);

/** Walks one chain after the other; the state is of the chain under way. */
const createWalk = (tell: (fault: AuditFault) => void) => {
  let before: (ChainHead & { readonly written: number }) | undefined;
  let ids = new Set<string>();
  let older = new Set<string>();
  const heads: ChainHead[] = [];
  let clockSteps = 0;

  const leaveChain = (): void => {
    if (before !== undefined) heads.push({ writer: before.writer, sequence: before.sequence, hash: before.hash });
    before = undefined;
    ids = new Set();
    older = new Set();
  };

  /** Two halves, the older of which is forgotten when the younger is full. */
  const repeats = (lines: readonly string[]): boolean => {
    let found = false;
    for (const line of lines) {
      const id = idOf(line);
      found ||= ids.has(id) || older.has(id);
      ids.add(id);
      if (ids.size >= remembered / 2) {
        older = ids;
        ids = new Set();
      }
    }
    return found;
  };

  /** @returns whether the content is what the hash says: only then is what it says of other chains believed */
  const step = (row: SegmentRow): boolean => {
    const segment: Segment = { ...row, sequence: Number(row.sequence) };
    if (before?.writer !== row.writer) leaveChain();
    const at = { writer: row.writer, sequence: segment.sequence, written: row.written.toISOString() };
    const expected = (before?.sequence ?? 0) + 1;
    if (segment.sequence !== expected) {
      tell({ ...at, why: 'missing', sequence: expected, until: segment.sequence - 1 });
    } else if (!segment.previous.equals(before === undefined ? beforeFirst : Buffer.from(before.hash, 'hex'))) {
      tell({ ...at, why: 'out-of-order' });
    }
    const sound = segmentHash(segment).equals(row.hash);
    if (!sound) tell({ ...at, why: 'changed' });
    const lines = segment.records.split('\n');
    if (lines.length !== segment.count) tell({ ...at, why: 'count' });
    if (repeats(lines)) tell({ ...at, why: 'repeated' });
    const written = row.written.getTime();
    if (before !== undefined && written < before.written - clockTolerance) clockSteps += 1;
    before = { writer: row.writer, sequence: segment.sequence, hash: row.hash.toString('hex'), written };
    return sound;
  };

  return {
    step,
    end: (): { readonly heads: readonly ChainHead[]; readonly clockSteps: number } => {
      leaveChain();
      return { heads, clockSteps };
    },
  };
};

/** What somebody noted of the end of a chain is still there. */
const checkClaim = async (pool: pg.Pool, claim: ChainHead): Promise<AuditFault | undefined> => {
  const { writer, sequence, hash } = claim;
  if (!/^[0-9a-f-]{36}$/.test(writer)) return { why: 'cut-off', writer, sequence };
  const { rows } = await pool.query<{ hash: Buffer; written: Date }>(
    'select hash, written from audit_segment where writer = $1 and sequence = $2',
    [writer, sequence],
  );
  const [row] = rows;
  if (row === undefined) return { why: 'cut-off', writer, sequence };
  return row.hash.toString('hex') === hash
    ? undefined
    : { why: 'changed', writer, sequence, written: row.written.toISOString() };
};

/** What was cut off after the last link or noted head cannot be seen from the table alone. */
export const verifyAuditLog = async (
  pool: pg.Pool,
  { heads: noted = [], faultLimit = 100, onProgress }: VerifyOptions = {},
): Promise<AuditReport> => {
  const faults: AuditFault[] = [];
  const places = new Set<string>();
  let faultCount = 0;
  const tell = (fault: AuditFault): void => {
    const place = `${fault.writer} ${fault.sequence} ${fault.why}`;
    if (places.has(place)) return;
    faultCount += 1;
    if (faults.length >= faultLimit) return;
    places.add(place);
    faults.push(fault);
  };
  const keyOf = ({ writer, sequence, hash }: ChainHead): string => `${writer} ${sequence} ${hash}`;
  const claims = new Map(noted.map((head) => [keyOf(head), head]));
  const walk = createWalk(tell);
  let [segments, records] = [0, 0];
  let after: readonly [string, string] = ['00000000-0000-0000-0000-000000000000', '0'];
  for (;;) {
    const { rows }: pg.QueryResult<SegmentRow> = await pool.query(
      `select writer, sequence, written, count, previous, links, records, hash from audit_segment
       where (writer, sequence) > ($1::uuid, $2::bigint) order by writer, sequence limit $3`,
      [...after, pageSize],
    );
    for (const row of rows) {
      // As many as there are chains: each links to the ends of the others.
      if (walk.step(row)) for (const link of row.links) claims.set(keyOf(link), link);
      segments += 1;
      records += row.count;
    }
    onProgress?.(records);
    const last = rows.at(-1);
    if (last === undefined || rows.length < pageSize) break;
    after = [last.writer, last.sequence];
  }
  const { heads, clockSteps } = walk.end();
  for (const claim of claims.values()) {
    const fault = await checkClaim(pool, claim);
    const known =
      fault !== undefined &&
      faults.some(
        ({ why, writer, sequence, until = sequence }) =>
          why === 'missing' && writer === claim.writer && sequence <= claim.sequence && claim.sequence <= until,
      );
    if (fault !== undefined && !known) tell(fault);
  }
  return { kind: faultCount === 0 ? 'intact' : 'broken', segments, records, faults, faultCount, heads, clockSteps };
};

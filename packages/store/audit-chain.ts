/** The hash chain of the audit log: what a segment's hash covers. docs/decisions/0004-audit-log.md. */
import { createHash } from 'node:crypto';

/** The last segment of a chain: `hash` in hexadecimal. Noted elsewhere, it shows later that nothing was cut off. */
export interface ChainHead {
  readonly writer: string;
  readonly sequence: number;
  readonly hash: string;
}

export interface Segment {
  readonly writer: string;
  readonly sequence: number;
  readonly count: number;
  readonly previous: Buffer;
  readonly links: readonly ChainHead[];
  /** one JSON object a line */
  readonly records: string;
}

/** What comes before the first segment of a chain. */
export const beforeFirst: Buffer = Buffer.alloc(32);

/** Length before each part, so that no two segments have the same bytes under the hash. */
export const segmentHash = ({ writer, sequence, count, previous, links, records }: Segment): Buffer => {
  const digest = createHash('sha256').update(previous);
  const linked = links.map((head) => `${head.writer} ${head.sequence} ${head.hash}`).join('\n');
  for (const part of [writer, String(sequence), String(count), linked, records]) {
    digest.update(`${Buffer.byteLength(part)}:`).update(part);
  }
  return digest.digest();
};

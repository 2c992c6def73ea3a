/**
 * FHIR packages (.tgz): read as a stream, nothing is ever written to a disk. What a package says of itself (names, sizes,
 * links) is not believed: only plain files in known places are read. HL7 FHIR package specification; tar of POSIX.1-1988.
 */

import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import tar from 'tar-stream';
import { documentItems } from './import-bundle.ts';
import type { ImportItem } from './import-item.ts';
import { ImportLimitExceeded, type ImportLimits } from './import-limits.ts';

/** `examples`: what the package holds as examples of records; `all`: its profiles and other definitions too. */
export type PackageContent = 'examples' | 'all';

const wanted: Readonly<Record<PackageContent, RegExp>> = {
  examples: /^package\/examples?\/[^/]+\.json$/,
  all: /^package\/(?:examples?\/)?[^/]+\.json$/,
};
/** The package's own papers. */
const papers = /\/(?:package\.json|\.index\.json|[^/]*\.openapi\.json)$/;

/** Counts what goes through, and stops when it is too much. */
const countBytes = (check: (bytes: number) => void): Transform => {
  let bytes = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      try {
        check(bytes);
        done(null, chunk);
      } catch (error) {
        done(error instanceof Error ? error : new Error('a package could not be counted'));
      }
    },
  });
};

const readAll = async (entry: AsyncIterable<unknown>): Promise<string> => {
  const chunks: Buffer[] = [];
  for await (const chunk of entry) if (Buffer.isBuffer(chunk)) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
};

/** A file, folder, link or anything else that a package says it holds. */
export interface PackageEntry {
  readonly name: string;
  readonly type: string;
  readonly size: number;
  /** its text; asked for once, before the next entry, or not at all */
  readonly text: () => Promise<string>;
}

/** So much may be unpacked from the first bytes, whatever the ratio: a small text is small by many times. */
const ratioBegins = 1024 * 1024;

/**
 * @param limits with a `ratio`, what is unpacked may be so many times what was sent, and no more
 * @throws ImportLimitExceeded, or Error when it is no gzip or no tar; what came before was given out.
 */
export async function* packageEntries(
  compressed: Readable,
  limits: Pick<ImportLimits, 'files' | 'unpacked'> & { readonly ratio?: number },
): AsyncGenerator<PackageEntry> {
  const { files: most, unpacked, ratio } = limits;
  const extract = tar.extract();
  let sent = 0;
  const counted = countBytes((bytes) => {
    sent = bytes;
  });
  const bounded = countBytes((bytes) => {
    if (bytes > unpacked)
      throw new ImportLimitExceeded(`The package is more than ${unpacked} bytes when decompressed.`);
    if (ratio !== undefined && bytes > ratioBegins && bytes > sent * ratio)
      throw new ImportLimitExceeded(`The package is more than ${ratio} times its size when decompressed.`);
  });
  // The error reaches the loop below through `extract`, which the pipeline destroys with it.
  const pumping = pipeline(compressed, counted, createGunzip(), bounded, extract).catch(() => {});
  let files = 0;
  try {
    for await (const entry of extract) {
      const { name, type, size = 0 } = entry.header;
      files += 1;
      if (files > most) throw new ImportLimitExceeded(`The package has more than ${most} files.`);
      let read = false;
      const text = (): Promise<string> => {
        read = true;
        return readAll(entry);
      };
      yield { name, type: type ?? '', size, text };
      if (!read) entry.resume();
    }
  } finally {
    extract.destroy();
    await pumping;
  }
}

/** @throws as `packageEntries` */
export async function* packageItems(
  compressed: Readable,
  origin: string,
  content: PackageContent,
  limits: ImportLimits,
): AsyncGenerator<ImportItem> {
  for await (const { name, type, size, text } of packageEntries(compressed, limits)) {
    const at = `${origin}#${name.slice(0, 200)}`;
    if (type !== 'file' || !wanted[content].test(name) || papers.test(name)) continue;
    if (size > limits.document)
      yield { kind: 'refused', reason: `a file of more than ${limits.document} bytes`, origin: at };
    else yield* documentItems(await text(), at);
  }
}

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

/** Counts what was decompressed, and stops when it is too much. */
const countBytes = (limit: number): Transform => {
  let bytes = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      if (bytes > limit) done(new ImportLimitExceeded(`The package is more than ${limit} bytes when decompressed.`));
      else done(null, chunk);
    },
  });
};

const readAll = async (entry: AsyncIterable<unknown>): Promise<string> => {
  const chunks: Buffer[] = [];
  for await (const chunk of entry) if (Buffer.isBuffer(chunk)) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
};

/** @throws ImportLimitExceeded, or Error when it is no gzip or no tar; what came before was given out. */
export async function* packageItems(
  compressed: Readable,
  origin: string,
  content: PackageContent,
  limits: ImportLimits,
): AsyncGenerator<ImportItem> {
  const extract = tar.extract();
  // The error reaches the loop below through `extract`, which the pipeline destroys with it.
  const pumping = pipeline(compressed, createGunzip(), countBytes(limits.unpacked), extract).catch(() => {});
  let files = 0;
  try {
    for await (const entry of extract) {
      const { name, type, size = 0 } = entry.header;
      files += 1;
      if (files > limits.files) throw new ImportLimitExceeded(`The package has more than ${limits.files} files.`);
      const at = `${origin}#${name.slice(0, 200)}`;
      if (type !== 'file' || !wanted[content].test(name) || papers.test(name)) {
        entry.resume();
      } else if (size > limits.document) {
        entry.resume();
        yield { kind: 'refused', reason: `a file of more than ${limits.document} bytes`, origin: at };
      } else {
        yield* documentItems(await readAll(entry), at);
      }
    }
  } finally {
    extract.destroy();
    await pumping;
  }
}

/** What a file gives to an import: a FHIR package (.tgz), ndjson, a Bundle or a single resource. */
import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { documentItems } from './import-bundle.ts';
import type { ImportItem } from './import-item.ts';
import { ImportLimitExceeded, type ImportLimits, importLimits } from './import-limits.ts';
import { ndjsonItems } from './import-ndjson.ts';
import { type PackageContent, packageItems } from './import-package.ts';

export interface SourceOptions {
  /** of a package; `examples` unless told */
  readonly content?: PackageContent;
  readonly limits?: Partial<ImportLimits>;
  /** told how many bytes of the file have been read */
  readonly onRead?: (bytes: number) => void;
}

/** Whether the file begins as gzip does (RFC 1952 §2.3.1). */
const isGzip = async (path: string): Promise<boolean> => {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0);
    return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b;
  } finally {
    await file.close();
  }
};

/**
 * Reads a file item by item: a package by its first bytes, ndjson by its name (`.ndjson`, `.jsonl`), else one JSON document.
 * @throws the error of the file system; ImportLimitExceeded; Error when a package is damaged.
 */
export async function* readImportSource(path: string, options: SourceOptions = {}): AsyncGenerator<ImportItem> {
  const limits = { ...importLimits, ...options.limits };
  const origin = basename(path);
  const stream = async (): Promise<ReturnType<typeof createReadStream>> => {
    const readable = createReadStream(path, { highWaterMark: 256 * 1024 });
    readable.on('data', () => options.onRead?.(readable.bytesRead));
    readable.pause();
    return readable;
  };
  if (await isGzip(path)) {
    yield* packageItems(await stream(), origin, options.content ?? 'examples', limits);
    return;
  }
  if (/\.(?:ndjson|jsonl)$/i.test(path)) {
    yield* ndjsonItems((await stream()).setEncoding('utf8'), origin, limits.line);
    return;
  }
  const { size } = await stat(path);
  if (size > limits.document) {
    throw new ImportLimitExceeded(`${origin} has ${size} bytes; a JSON document may have ${limits.document}.`);
  }
  const chunks: Buffer[] = [];
  for await (const chunk of await stream()) chunks.push(chunk);
  yield* documentItems(Buffer.concat(chunks).toString(), origin);
}

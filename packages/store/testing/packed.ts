/** A .tgz as somebody could send it: plain files, or whatever else tar knows. POSIX.1-1988 tar. */
import { gzipSync } from 'node:zlib';
import tar from 'tar-stream';

export type PackedHeader = {
  readonly name: string;
  readonly type?: 'file' | 'symlink' | 'link' | 'fifo' | 'directory';
  readonly linkname?: string;
};

export const packed = async (files: readonly (readonly [string | PackedHeader, string])[]): Promise<Buffer> => {
  const pack = tar.pack();
  for (const [header, content] of files) pack.entry(typeof header === 'string' ? { name: header } : header, content);
  pack.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of pack) chunks.push(chunk as Buffer);
  return gzipSync(Buffer.concat(chunks));
};

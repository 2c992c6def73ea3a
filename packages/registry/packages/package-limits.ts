/** How much a package may hold, so that none can fill memory or disk. All are settings. */
export interface PackageLimits {
  /** bytes of the file as it is sent */
  readonly bytes: number;
  /** files in it */
  readonly files: number;
  /** bytes after decompression */
  readonly unpacked: number;
  /** how many times its size it may become */
  readonly ratio: number;
  /** bytes of one artefact */
  readonly document: number;
}

const mebibyte = 1024 * 1024;

export const packageLimits: PackageLimits = {
  bytes: 64 * mebibyte,
  files: 20_000,
  unpacked: 512 * mebibyte,
  ratio: 100,
  document: 16 * mebibyte,
};

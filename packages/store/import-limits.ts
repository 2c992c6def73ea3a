/** What an import reads at most, so that no file can fill the memory. All are settings. */
export interface ImportLimits {
  /** characters of one line of ndjson */
  readonly line: number;
  /** bytes of one JSON document, in a file or in a package */
  readonly document: number;
  /** files in a package */
  readonly files: number;
  /** bytes of a package after decompression */
  readonly unpacked: number;
}

const mebibyte = 1024 * 1024;

export const importLimits: ImportLimits = {
  line: 16 * mebibyte,
  document: 128 * mebibyte,
  files: 20_000,
  unpacked: 1024 * mebibyte,
};

/** The source as a whole is over a limit: nothing after that place is read. */
export class ImportLimitExceeded extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ImportLimitExceeded';
  }
}

/**
 * What could not be applied, kept as it came, with the reason beside it in plain words: where in the file, and no word of what
 * stands there. docs/guides/connect-files.md.
 */
import { hash } from 'node:crypto';
import { type FolderFiles, plainName } from './folder-files.ts';

export interface Rejected {
  /** name of the file that it came in */
  readonly file: string;
  /** which part of it: `message`, `rows`, `file` */
  readonly part: 'message' | 'rows' | 'file';
  readonly bytes: Buffer;
  /** sentences, a line each */
  readonly reasons: readonly string[];
}

/** The same thing has the same name, so that what is looked at again after a crash stands there once. */
export const rejectedName = ({ file, part, bytes }: Omit<Rejected, 'reasons'>): string =>
  `${plainName(file)}~${part}-${hash('sha256', bytes).slice(0, 16)}.rejected`;

const words = { message: 'This message was', rows: 'These rows were', file: 'This file was' };

const reasonText = ({ part, reasons }: Pick<Rejected, 'part' | 'reasons'>): string =>
  [
    `${words[part]} not applied:`,
    ...reasons.map((reason) => `- ${reason}`),
    '',
    'Once the settings or the sender have been put right, move the file beside this one back to inbox, under a name that ends',
    'as the first one did.',
    '',
  ].join('\n');

/** The reason first: nothing stands there without one. */
export const quarantine = async (files: FolderFiles, rejected: Rejected): Promise<void> => {
  const name = rejectedName(rejected);
  await files.write('quarantine', `${name}.reason.txt`, reasonText(rejected));
  await files.write('quarantine', name, rejected.bytes);
};

/** A whole file is moved, not copied: it may be too large to be read. */
export const quarantineFile = async (
  files: FolderFiles,
  { work, file, reason }: { readonly work: string; readonly file: string; readonly reason: string },
): Promise<void> => {
  const name = `${plainName(file)}~file-${hash('sha256', work).slice(0, 16)}.rejected`;
  await files.write('quarantine', `${name}.reason.txt`, reasonText({ part: 'file', reasons: [reason] }));
  await files.finish(work, 'quarantine', name);
};

/**
 * One file out of the folder: what can be applied is, what cannot goes to quarantine, and only then the file goes. Wherever it
 * stops, it can be begun again. docs/decisions/0030-records-from-files.md.
 */
import { hash } from 'node:crypto';
import { type FolderFiles, isSame, plainName, type Stamp } from './folder-files.ts';
import { splitFile, withoutFraming } from './hl7-file.ts';
import type { Hl7Settings } from './hl7-settings.ts';
import { quarantine, quarantineFile } from './quarantine.ts';
import { type CsvSettings, extractOf, takeExtract } from './take-extract.ts';
import { takeMessage } from './take-message.ts';
import type { FileLimits, Taking } from './taking.ts';

export interface FileSettings {
  readonly hl7?: Hl7Settings;
  readonly csv?: CsvSettings;
}
/** What became of a file: numbers, and nothing of what stood in it. */
export interface TakenFile {
  readonly kind: 'messages' | 'extract' | 'refused';
  readonly applied: number;
  readonly known: number;
  readonly refused: number;
  readonly written: number;
  readonly older: number;
  readonly gone: number;
}
export interface TakeAround {
  readonly taking: Taking;
  readonly files: FolderFiles;
  readonly settings: FileSettings;
  readonly limits: FileLimits;
  /** what becomes of a file that was taken */
  readonly done: 'keep' | 'remove';
  /** false: it is to stop, and to leave the rest for another time */
  readonly goesOn: () => boolean;
}

const none: TakenFile = { kind: 'refused', applied: 0, known: 0, refused: 1, written: 0, older: 0, gone: 0 };

/** The name that the sender gave, without what was put behind it when it was claimed. */
export const nameOf = (work: string): string => work.replace(/~[0-9a-f]{12}$/, '');

const isHl7 = (bytes: Buffer): boolean =>
  /^(\u00EF\u00BB\u00BF)?\s*(MSH|FHS|BHS)[^A-Za-z0-9]/.test(withoutFraming(bytes.subarray(0, 200).toString('latin1')));

const takeMessages = async (
  { taking, files, limits, goesOn }: TakeAround,
  settings: Hl7Settings,
  file: string,
  { bytes, stamp }: { readonly bytes: Buffer; readonly stamp: Stamp },
): Promise<TakenFile | 'stopped'> => {
  const { messages, faults } = splitFile(bytes);
  const counts = { applied: 0, known: 0, refused: 0, written: 0, older: 0 };
  for (const { line, bytes: message } of messages) {
    if (!goesOn()) return 'stopped';
    const taken = await takeMessage(taking, message, { settings, limits, fileTime: stamp.changedAt });
    counts[taken.kind] += 1;
    if (taken.kind === 'refused')
      await quarantine(files, {
        file,
        part: 'message',
        bytes: message,
        reasons: [`${taken.reason} (the message begins at line ${line} of the file)`],
      });
    if (taken.kind === 'applied') {
      counts.written += taken.written;
      counts.older += taken.older;
    }
  }
  if (faults.length > 0) await quarantine(files, { file, part: 'file', bytes, reasons: faults });
  return { ...counts, kind: 'messages', refused: counts.refused + (faults.length > 0 ? 1 : 0), gone: 0 };
};

const takeRows = async (
  { taking, files, limits }: TakeAround,
  settings: CsvSettings,
  { file, extract, bytes }: { readonly file: string; readonly extract: string; readonly bytes: Buffer },
): Promise<TakenFile | { readonly reason: string }> => {
  const taken = await takeExtract(taking, bytes, { settings, limits, extract });
  if (taken.kind === 'refused') return taken;
  const { refused, header, written, older, gone, kept } = taken;
  if (refused.length > 0 || kept !== undefined) {
    const rows = [...new Set(refused.map(({ raw }) => raw))];
    await quarantine(files, {
      file,
      part: 'rows',
      bytes: Buffer.from([header, ...rows].map((raw) => raw.replace(/[\r\n]*$/, '\n')).join('')),
      reasons: [...refused.map(({ line, reason }) => `line ${line}: ${reason}`), ...(kept === undefined ? [] : [kept])],
    });
  }
  return { kind: 'extract', applied: 1, known: 0, refused: refused.length, written, older, gone };
};

/** Undefined: it is left where it is, and taken again later. @throws where the database cannot be asked */
export const takeFile = async (work: string, around: TakeAround): Promise<TakenFile | undefined> => {
  const { files, settings, limits, done } = around;
  const file = nameOf(work);
  const reject = async (reason: string): Promise<TakenFile> => {
    await quarantineFile(files, { work, file, reason });
    return none;
  };
  const read = await files.read(work, limits.fileBytes);
  if (read.kind === 'none') return undefined;
  if (read.kind === 'too-large') return reject(`it has more than ${limits.fileBytes} bytes`);
  const { bytes, stamp } = read;
  if (bytes.length === 0) return reject('it is empty');
  const extract = settings.csv === undefined ? undefined : extractOf(settings.csv.mapping, file);
  const isMessages = isHl7(bytes) && !(extract !== undefined && /\.csv$/i.test(file));
  if (isMessages && settings.hl7 === undefined)
    return reject('it holds messages of HL7 v2, for which there are no settings');
  if (!isMessages && extract === undefined)
    return reject('it does not begin as messages of HL7 v2 do, and its name is none of an extract');
  const taken =
    isMessages && settings.hl7 !== undefined
      ? await takeMessages(around, settings.hl7, file, read)
      : settings.csv !== undefined && extract !== undefined
        ? await takeRows(around, settings.csv, { file, extract, bytes })
        : { reason: 'it is not read' };
  if (taken === 'stopped') return undefined;
  if ('reason' in taken) return reject(taken.reason);
  const after = await files.stamp(work);
  // Somebody has gone on writing: what was taken is known, what has come is not.
  if (after !== undefined && !isSame(after, stamp)) return undefined;
  if (done === 'remove') await files.remove(work);
  else await files.finish(work, 'done', `${plainName(file)}~${hash('sha256', bytes).slice(0, 16)}`);
  return taken;
};

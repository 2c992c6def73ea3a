/**
 * A CSV extract, applied in one transaction: each of its rows is what the mapping of a database makes of a row, and of a whole
 * extract what is no longer in it is gone. docs/guides/connect-files.md; RFC 4180.
 */
import { dateRange } from '@affinity/core/fhir/date-range.ts';
import type { PoolClient } from 'pg';
import { idOf } from '../sql/local-id.ts';
import { createZone } from '../sql/local-time.ts';
import { bodyOf } from '../sql/make-body.ts';
import { heldOf, Unmappable } from '../sql/make-resource.ts';
import type { Mapping, Part } from '../sql/mapping.ts';
import { type CharacterSet, decode } from './character-set.ts';
import { type CsvFile, type CsvRow, readCsv } from './csv-rows.ts';
import { Refused } from './record-change.ts';
import { elementsIn } from './record-version.ts';
import { applyChange, holdServer, removeRecord, type Writing } from './records.ts';
import { type FileLimits, reasonOf, type Taking } from './taking.ts';
import { inTransaction } from './transaction.ts';

export interface CsvSettings {
  readonly mapping: Mapping;
  readonly delimiter: string;
  readonly characterSet: CharacterSet;
  /** by what the mapping names under `from`; `changes` unless told */
  readonly extracts: ReadonlyMap<string, 'whole' | 'changes'>;
  /** the part of the records of a whole extract that may be gone at once: a file that was cut off holds few */
  readonly mostGone: number;
}

export type TakenExtract =
  | {
      readonly kind: 'applied';
      readonly written: number;
      readonly older: number;
      readonly gone: number;
      /** rows that were not applied */
      readonly refused: readonly { readonly line: number; readonly raw: string; readonly reason: string }[];
      readonly header: string;
      /** undefined: those that are no longer in it are gone; else why they are kept */
      readonly kept?: string;
    }
  | { readonly kind: 'refused'; readonly reason: string };

const fromOf = ({ from }: Part): string => (from.kind === 'table' ? from.names.join('.') : '');

/** `patients` is for `patients.csv` and `patients-2026-05-03.csv`; of several names the longest. */
export const extractOf = ({ parts }: Mapping, name: string): string | undefined =>
  [...new Set(parts.map(fromOf))]
    .filter((from) => from !== '' && name.startsWith(from) && !/^[A-Za-z0-9]/.test(name.slice(from.length)))
    .sort((a, b) => b.length - a.length)[0];

interface Reading {
  readonly parts: readonly Part[];
  readonly zone: (wall: number) => string;
  readonly updatedOfAll: string;
}

const columnsOf = ({ id, columns, updated, content }: Part): readonly string[] => [
  ...id.columns,
  ...columns.map(({ name }) => name),
  ...(updated === undefined ? [] : [updated.column]),
  ...(content.kind === 'body' ? [content.column] : []),
];

const keyOf = (part: Part, text: (column: string) => string | null): string | undefined =>
  idOf(
    part.id.columns.map((column) => text(column) ?? ''),
    part.id.prefix,
  );

/** Epoch milliseconds of the row's last change; undefined: it tells of none. */
const saidAtOf = (part: Part, text: (column: string) => string | null, zone: Reading['zone']): number | undefined => {
  const { updated } = part;
  const value = updated && text(updated.column);
  if (updated === undefined || value === null || value === undefined) return undefined;
  const read = updated.date.read(value, zone);
  if (read === 'empty') return undefined;
  const range = read === undefined || read.length < 11 ? undefined : dateRange(read);
  if (range === undefined) throw new Refused(`${part.path}.updated: no instant can be made of what stands there`);
  return range.start;
};

const readPart = (part: Part, row: CsvRow, { zone, updatedOfAll }: Reading) => {
  const { text } = row;
  if (text === undefined) throw new Refused('the row has not as many cells as the header');
  const id = keyOf(part, text);
  if (id === undefined) throw new Refused(`${part.path}.id: no id can be made of the key`);
  const identity = { type: part.type, id, lastUpdated: updatedOfAll };
  try {
    const { content } = part;
    const held =
      content.kind === 'body'
        ? bodyOf(text(content.column), `${part.path}.body`, identity)
        : heldOf(content.template, { text, zone }, identity);
    return { id, elements: elementsIn(held.body), saidAt: saidAtOf(part, text, zone) };
  } catch (error) {
    if (error instanceof Refused) throw error;
    throw new Refused(error instanceof Unmappable ? `${error.path}: ${error.message}` : 'it could not be understood');
  }
};

const removeGone = async (
  writing: Writing & { readonly client: PoolClient },
  {
    extract,
    seen,
    mostGone,
  }: { readonly extract: string; readonly seen: ReadonlySet<string>; readonly mostGone: number },
): Promise<number> => {
  const { rows } = await writing.client.query<{ readonly type: string; readonly id: string }>(
    `select type, id from file_record where server = $1 and extract = $2 and method <> 'DELETE'`,
    [writing.server, extract],
  );
  const gone = rows.filter(({ type, id }) => !seen.has(`${type}/${id}`));
  if (gone.length > rows.length * mostGone)
    throw new Refused(
      `of ${rows.length} records that were in this extract, ${gone.length} are not in it any more: it may have been cut off (“most_gone”)`,
    );
  for (const at of gone) await removeRecord(writing, at, { saidAt: writing.now });
  return gone.length;
};

export interface ExtractAround {
  readonly settings: CsvSettings;
  readonly limits: FileLimits;
  /** as `extractOf` tells it */
  readonly extract: string;
}

const applyRows = async (
  file: CsvFile,
  client: PoolClient,
  { server, now }: Taking,
  { settings, extract, limits }: ExtractAround,
): Promise<TakenExtract> => {
  const { mapping } = settings;
  const parts = mapping.parts.filter((part) => fromOf(part) === extract);
  const missing = [...new Set(parts.flatMap(columnsOf))].filter((name) => !file.columns.has(name));
  if (missing.length > 0) throw new Refused(`the file has no column ${missing.map((name) => `“${name}”`).join(', ')}`);
  const reading: Reading = { parts, zone: createZone(mapping.timeZone), updatedOfAll: mapping.updated };
  const isWhole = settings.extracts.get(extract) === 'whole';
  const writing = { client, server, now: now() };
  const done = { written: 0, same: 0, older: 0 };
  const refused: { line: number; raw: string; reason: string }[] = [];
  const seen = new Set<string>();
  let unknown = 0;
  for await (const row of file.rows()) {
    const reasons = new Set<string>();
    for (const part of parts) {
      const id = row.text === undefined ? undefined : keyOf(part, row.text);
      if (id === undefined) unknown += 1;
      const key = `${part.type}/${id ?? ''}`;
      try {
        const made = readPart(part, row, reading);
        if (seen.has(key)) throw new Refused(`${part.path}.id: an earlier row has the same key`);
        const saidAt = made.saidAt ?? writing.now;
        if (saidAt > writing.now + limits.aheadMilliseconds)
          throw new Refused(`${part.path}.updated: it says that it was made in the future`);
        const change = { type: part.type, id: made.id, elements: made.elements, says: 'whole', mayMove: true } as const;
        done[await applyChange(writing, change, { saidAt, ...(isWhole ? { extract } : {}) })] += 1;
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        reasons.add(error.message);
      }
      if (id !== undefined) seen.add(key);
    }
    for (const reason of reasons) refused.push({ line: row.line, raw: row.raw, reason });
  }
  const kept =
    isWhole && unknown > 0 ? 'rows without a key stand in it, so that it is not known what is gone' : undefined;
  const gone =
    isWhole && kept === undefined ? await removeGone(writing, { extract, seen, mostGone: settings.mostGone }) : 0;
  return {
    kind: 'applied',
    written: done.written,
    older: done.older,
    gone,
    refused,
    header: file.header,
    ...(kept === undefined ? {} : { kept }),
  };
};

export const takeExtract = async (taking: Taking, bytes: Buffer, around: ExtractAround): Promise<TakenExtract> => {
  const { settings, limits } = around;
  const text = decode(bytes, settings.characterSet);
  if (text === undefined)
    return { kind: 'refused', reason: `there are bytes that ${settings.characterSet} does not have` };
  try {
    const file = await readCsv(text, { delimiter: settings.delimiter, rowBytes: limits.rowBytes });
    return await inTransaction(taking.pool, async (client) => {
      await holdServer({ client, server: taking.server });
      return applyRows(file, client, taking, around);
    });
  } catch (error) {
    const reason = reasonOf(error);
    if (reason === undefined) throw error;
    return { kind: 'refused', reason };
  }
};

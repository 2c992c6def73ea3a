/** Rows in the text form of COPY. PostgreSQL 18 documentation, COPY, "Text Format". */

import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type pg from 'pg';
import { from } from 'pg-copy-streams';

export type CopyValue = string | number | boolean | null;

const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** One field. NULL is `\N`. */
const fieldText = (value: CopyValue): string => {
  if (value === null) return '\\N';
  if (typeof value !== 'string') return String(value);
  return /[\\\n\r\t]/.test(value) ? value.replace(/[\\\n\r\t]/g, (character) => escapes[character] ?? '') : value;
};

/** One line. */
export const copyLine = (values: readonly CopyValue[]): string => `${values.map(fieldText).join('\t')}\n`;

/** An array of text as a field: each element quoted (PostgreSQL 18 documentation, 8.15.6). */
export const textArray = (values: readonly (string | null)[]): string =>
  `{${values.map((value) => (value === null ? 'NULL' : `"${value.replace(/["\\]/g, '\\$&')}"`)).join(',')}}`;
export const numberArray = (values: readonly (number | null)[]): string =>
  `{${values.map((value) => value ?? 'NULL').join(',')}}`;

/** Sends lines to a table. `target` is text of ours: the table and its columns. */
export const copyLines = async (client: pg.PoolClient, target: string, lines: readonly string[]): Promise<void> => {
  if (lines.length === 0) return;
  await pipeline(Readable.from([Buffer.from(lines.join(''))]), client.query(from(`copy ${target} from stdin`)));
};

/**
 * The rows of a CSV file, read by `csv-parse`: names of columns and texts, never more. Names are looked up in a Map, so that
 * none reaches a prototype; a cell that begins with `=` is a text like others. The only file that knows the library. RFC 4180.
 */
import { Readable } from 'node:stream';
import { type CsvError, type Info, parse } from 'csv-parse';
import { Refused } from './record-change.ts';

export interface CsvRow {
  /** line of the file at which it ends, from 1 */
  readonly line: number;
  /** as it stands in the file */
  readonly raw: string;
  /** null: the file has no such column, or nothing stands there; undefined where the row is not as long as the header */
  readonly text: ((column: string) => string | null) | undefined;
}
export interface CsvFile {
  readonly columns: ReadonlySet<string>;
  readonly header: string;
  rows(): AsyncGenerator<CsvRow, void, void>;
}

interface Parsed {
  readonly record: readonly string[];
  readonly info: Info;
  readonly raw: string;
}
const faults: Readonly<Record<string, string>> = {
  CSV_MAX_RECORD_SIZE: 'a row is longer than it may be',
  CSV_QUOTE_NOT_CLOSED: 'a quoted cell does not end',
  CSV_INVALID_CLOSING_QUOTE: 'something stands behind the quote that ends a cell',
  INVALID_OPENING_QUOTE: 'a quote stands within a cell that is not quoted',
};
const isCsvError = (error: unknown): error is CsvError =>
  error instanceof Error && 'code' in error && typeof error.code === 'string';
const told = (error: unknown, line: number): unknown => {
  if (!isCsvError(error)) return error;
  const reason = Object.hasOwn(faults, error.code) ? faults[error.code] : undefined;
  return new Refused(`behind line ${line}: ${reason ?? 'this is not CSV'}`);
};

const piece = 65_536;
const pieces = function* (text: string): Generator<string, void, void> {
  for (let at = 0; at < text.length; at += piece) yield text.slice(at, at + piece);
};

/** @throws Refused */
export const readCsv = async (
  text: string,
  { delimiter, rowBytes }: { readonly delimiter: string; readonly rowBytes: number },
): Promise<CsvFile> => {
  const parser = Readable.from(pieces(text)).pipe(
    parse({
      delimiter,
      bom: true,
      info: true,
      raw: true,
      relax_column_count: true,
      skip_empty_lines: true,
      max_record_size: rowBytes,
    }),
  );
  const records: AsyncIterator<Parsed> = parser[Symbol.asyncIterator]();
  let line = 0;
  const next = async (): Promise<Parsed | undefined> => {
    try {
      const { value, done } = await records.next();
      if (done === true) return undefined;
      line = value.info.lines;
      // The library counts the cells alone.
      if (Buffer.byteLength(value.raw.replace(/[\r\n]+$/, '')) > rowBytes)
        throw new Refused(`line ${line}: a row is longer than it may be`);
      return value;
    } catch (error) {
      throw told(error, line);
    }
  };
  const first = await next();
  if (first === undefined) throw new Refused('the file has no header');
  const names = first.record.map((name) => name.trim());
  const places = new Map(names.map((name, i) => [name, i]));
  if (places.size < names.length) throw new Refused('two columns have the same name');
  return {
    columns: new Set(names),
    header: first.raw,
    async *rows() {
      try {
        for (let row = await next(); row !== undefined; row = await next()) {
          const { record, raw } = row;
          const text = (column: string): string | null => record[places.get(column) ?? -1] ?? null;
          yield { line, raw, text: record.length === names.length ? text : undefined };
        }
      } finally {
        parser.destroy();
      }
    },
  };
};

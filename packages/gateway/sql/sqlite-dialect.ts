/** How SQLite compares: a column by the affinity of its declared type, everything else as text. sqlite.org/datatype3.html §3, §4. */
import { fold } from '@affinity/core/fhir/extract.ts';
import type { Column, ColumnKind, Dialect } from './engine.ts';
import { name, type Sql, sql } from './statement.ts';

/** sqlite.org/datatype3.html §3.1 */
export const kindOf = (declared: string | null): ColumnKind => {
  const type = (declared ?? '').toUpperCase();
  if (type.includes('INT')) return 'integer';
  if (/CHAR|CLOB|TEXT/.test(type)) return 'text';
  return /REAL|FLOA|DOUB/.test(type) ? 'decimal' : 'other';
};

const operand = ({ name: column, kind }: Column): Sql =>
  kind === 'other' ? sql`cast(${name(column)} as text)` : name(column);

const largest = 2n ** 63n;
/** What is no number is given as the text that it is: the affinity of the column makes of it what it can. */
const bind = ({ kind }: Column, text: string): Sql => {
  const whole = kind === 'integer' && /^-?(0|[1-9]\d{0,18})$/.test(text) ? BigInt(text) : undefined;
  return whole === undefined || whole >= largest || whole < -largest ? sql`${text}` : sql`${whole}`;
};

const longest = 200;
const wild = (text: string): string => text.replace(/[!%_]/g, '!$&').replace(/\s+/g, '%');

/** LIKE of SQLite folds ASCII alone: a text with any other character is let through and looked at afterwards. */
const like = (column: Column, text: string, anywhere: boolean): Sql => {
  const pattern = wild(fold(text).slice(0, longest));
  const at = sql`cast(${name(column.name)} as text)`;
  return sql`(ltrim(${at}) like ${`${anywhere ? '%' : ''}${pattern}%`} escape '!' or ${at} glob '*[^ -~]*')`;
};

export const sqliteDialect: Dialect = { place: () => '?', operand, bind, like, goesOn: sql`affinity_goes_on()` };

/** How PostgreSQL compares. Every value is a parameter with a type of its own. PostgreSQL 18 documentation, 4.1.2.7, 8, 9.7. */
import { dateRange } from '@affinity/core/fhir/date-range.ts';
import { fold } from '@affinity/core/fhir/extract.ts';
import type { Column, ColumnKind, Dialect } from './engine.ts';
import { name, type Sql, sql } from './statement.ts';

/** Kinds by the object identifiers of pg_type, which never change. */
const kinds: Readonly<Record<number, ColumnKind>> = {
  16: 'boolean',
  17: 'binary',
  20: 'integer',
  21: 'integer',
  23: 'integer',
  25: 'text',
  1042: 'padded',
  1043: 'text',
  1700: 'decimal',
  1082: 'date',
  1114: 'timestamp',
  1184: 'instant',
  2950: 'uuid',
};
export const kindOf = (oid: number): ColumnKind => kinds[oid] ?? 'other';

const largest = 2n ** 63n;
const isWhole = (text: string): boolean => {
  if (!/^-?(0|[1-9]\d{0,18})$/.test(text)) return false;
  const value = BigInt(text);
  return value >= -largest && value < largest;
};
const isNumber = (text: string): boolean => /^(-?\d{1,40}(\.\d{1,40})?|NaN|-?Infinity)$/.test(text);
const day =
  /^(\d{4,6})-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])([T ]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,6})?)?(Z|[+-](0\d|1[0-5])(:[0-5]\d){0,2})?)?( BC)?$/;
/** What PostgreSQL prints, which is more than FHIR has: years of five digits, those before Christ, and infinity. */
const isDay = (text: string): boolean => {
  const [, year] = day.exec(text) ?? [];
  if (year === undefined) return text === 'infinity' || text === '-infinity';
  return year.length > 4 || text.endsWith(' BC') || dateRange(text.slice(0, 10)) !== undefined;
};
const isUuid = (text: string): boolean => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text);

const operand = ({ name: column, kind }: Column): Sql =>
  kind === 'other' || kind === 'binary' ? sql`${name(column)}::text` : name(column);

const bind = ({ kind }: Column, text: string): Sql | undefined => {
  switch (kind) {
    case 'text':
    case 'padded':
    case 'other':
      return sql`${text}`;
    case 'integer':
      return isWhole(text) ? sql`${text}::bigint` : undefined;
    case 'decimal':
      return isNumber(text) ? sql`${text}::numeric` : undefined;
    case 'boolean':
      return /^(true|false|t|f)$/.test(text) ? sql`${text}::boolean` : undefined;
    case 'date':
      return isDay(text) ? sql`${text}::date` : undefined;
    case 'timestamp':
      return isDay(text) ? sql`${text}::timestamp` : undefined;
    case 'instant':
      return isDay(text) ? sql`${text}::timestamptz` : undefined;
    case 'uuid':
      return isUuid(text) ? sql`${text}::uuid` : undefined;
    case 'binary':
      return undefined;
  }
};

/** A longer text is looked for by its beginning: more is found than is wanted. */
const longest = 200;
const wild = (text: string): string => text.replace(/[!%_]/g, '!$&').replace(/\s+/g, '%');

/**
 * Folding takes accents away, which PostgreSQL cannot do by itself: a text with any character beyond ASCII is let through
 * and looked at afterwards.
 */
const like = (column: Column, text: string, anywhere: boolean): Sql => {
  const pattern = wild(fold(text).slice(0, longest));
  const at = sql`${operand(column)}::text`;
  const plain = sql`lower(ltrim(${at}) collate "C") like ${`${anywhere ? '%' : ''}${pattern}%`} escape '!'`;
  return sql`(${plain} or ${at} ~ '[^ -~]')`;
};

export const postgresqlDialect: Dialect = { place: (n) => `$${n}`, operand, bind, like };

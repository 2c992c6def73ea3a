/**
 * How a date parameter compares two ranges, start inclusive and end exclusive: what stands in the resource, and what is
 * asked for. FHIR R4 search.html#prefix; the same table as core/fhir/matches.ts.
 */
import type { Prefix } from '@affinity/core/fhir/search-query.ts';
import { type Sql, sql } from './sql.ts';

export const rangeSql = (
  { start, end }: { readonly start: Sql; readonly end: Sql },
  asked: { readonly prefix: Prefix; readonly start: number; readonly end: number },
): Sql => {
  const within = sql`(${start} >= ${asked.start} and ${end} <= ${asked.end})`;
  switch (asked.prefix) {
    case 'eq':
      return within;
    case 'ne':
      return sql`not ${within}`;
    case 'gt':
      return sql`(${end} > ${asked.end})`;
    case 'ge':
      return sql`(${end} > ${asked.end} or ${within})`;
    case 'lt':
      return sql`(${start} < ${asked.start})`;
    case 'le':
      return sql`(${start} < ${asked.start} or ${within})`;
    case 'sa':
      return sql`(${start} >= ${asked.end})`;
    case 'eb':
      return sql`(${end} <= ${asked.start})`;
    case 'ap':
      return sql`(${start} < ${asked.end} and ${end} > ${asked.start})`;
  }
};

/** The same for an instant, a range of one millisecond, written so that an index on it serves. */
export const instantSql = (
  at: Sql,
  { prefix, start, end }: { readonly prefix: Prefix; readonly start: number; readonly end: number },
): Sql => {
  switch (prefix) {
    case 'eq':
    case 'ap':
      return sql`(${at} >= ${start} and ${at} < ${end})`;
    case 'ne':
      return sql`not (${at} >= ${start} and ${at} < ${end})`;
    case 'gt':
    case 'sa':
      return sql`(${at} >= ${end})`;
    case 'ge':
      return sql`(${at} >= ${start})`;
    case 'lt':
    case 'eb':
      return sql`(${at} < ${start})`;
    case 'le':
      return sql`(${at} < ${end})`;
  }
};

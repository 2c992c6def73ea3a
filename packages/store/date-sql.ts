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

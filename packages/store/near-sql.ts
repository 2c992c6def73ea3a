/** Places within a distance along the great circle. FHIR R4 location.html, near; the same formula as core/fhir/value-match.ts. */
import type { SearchValue } from '@affinity/core/fhir/search-query.ts';
import { earthRadius } from '@affinity/core/fhir/value-match.ts';
import { type Sql, sql } from './sql.ts';

/** On a row `p` of position_index. No place is nearer than its latitude alone would let it be, and that is indexed. */
export const nearSql = ({ latitude, longitude, distance }: Extract<SearchValue, { kind: 'near' }>): Sql => {
  const degrees = ((distance / earthRadius) * 180) / Math.PI + 1e-9;
  const across = sql`power(sin(radians(${latitude}::float8 - p.latitude) / 2), 2)`;
  const along = sql`power(sin(radians(${longitude}::float8 - p.longitude) / 2), 2)`;
  const share = sql`${across} + cos(radians(p.latitude)) * cos(radians(${latitude}::float8)) * ${along}`;
  return sql`p.latitude between ${latitude - degrees}::float8 and ${latitude + degrees}::float8
    and 2 * ${earthRadius}::float8 * asin(sqrt(least(1, ${share}))) <= ${distance}::float8`;
};

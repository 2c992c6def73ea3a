/** Search over several types by the parameters that all types have. FHIR R4 http.html#search, search.html#all. */
import type { Backend, SearchResult } from '@affinity/core/fhir/backend.ts';
import type { SearchParameters } from '@affinity/core/fhir/search-parameter.ts';
import type { SystemQuery } from '@affinity/core/fhir/search-query.ts';
import { clauseSql } from './clause-sql.ts';
import { inCompartment } from './fact-sql.ts';
import { filterPatient, filterSql } from './filter-sql.ts';
import { type Branch, countMatches, findPage } from './page.ts';
import { orderOf } from './page-order.ts';
import { pageResult, type SearchNeighbours, sortValueOf } from './search.ts';
import { chooseSource } from './source.ts';
import { andSql, type Sql, sql } from './sql.ts';
import { typeGroups } from './type-groups.ts';

type FilterOf = Parameters<NonNullable<Backend['searchSystem']>>[1];

/** The rows of types that are found alike: of the patient whom the Filter names, or of each type by the index of its order. */
const sourceOfGroup = (types: readonly string[], patient: string | undefined): Pick<Branch, 'source' | 'types'> =>
  patient === undefined
    ? {
        types,
        source: {
          from: sql`resource f`,
          where: sql`f.type = t.type and not f.deleted`,
          order: 'f',
          narrow: false,
          fenced: false,
        },
      }
    : {
        source: {
          from: inCompartment,
          where: sql`f.patient = ${patient} and f.type = any(${types})`,
          order: 'f',
          narrow: true,
          fenced: true,
        },
      };

/** Types are found together where no condition on them holds the type; the others each by the best way to their rows. */
const branchesOf = (
  { types, clauses, sort }: SystemQuery,
  parameters: SearchParameters,
  filterOf: FilterOf,
): readonly Branch[] => {
  const conditions = (type: string): readonly Sql[] => clauses.map((clause) => clauseSql(type, clause, false));
  const keysOf = (type: string, row: 'f' | 'p') => orderOf(sort, row, sortValueOf(type, parameters));
  const hangingOnType = (type: string): readonly Sql[] => [
    ...conditions(type),
    ...keysOf(type, 'f').keys.map(({ value }) => value),
  ];
  return typeGroups(types, filterOf, hangingOnType).map(({ types: alike, type }) => {
    const filter = filterOf(type);
    const from =
      alike.length > 1
        ? sourceOfGroup(alike, filterPatient(filter))
        : { source: chooseSource({ type, clauses }, sort, filter) };
    return {
      ...from,
      matching: andSql([...conditions(type), filterSql(filter, type)]),
      order: keysOf(type, from.source.order),
    };
  });
};

export const createSystemSearch =
  ({ ask, parameters }: SearchNeighbours): NonNullable<Backend['searchSystem']> =>
  (search, filterOf, signal) =>
    ask(async (query): Promise<SearchResult> => {
      const branches = branchesOf(search, parameters(), filterOf);
      if (search.count === 0) return { matches: [], total: await countMatches(query, branches) };
      const page = await findPage(query, branches, search.count, search.cursor);
      const accurate = search.total === 'accurate' && !page.whole;
      return pageResult(
        page,
        page.whole ? page.rows.length : accurate ? await countMatches(query, branches) : undefined,
      );
    }, signal);

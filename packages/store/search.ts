/** Search over one type: the Filter and the parameters first, then the count, the order and the page. FHIR R4 search.html. */
import type { Backend, SearchResult } from '@affinity/core/fhir/backend.ts';
import { nothing } from '@affinity/core/fhir/filter.ts';
import type { SearchParameters } from '@affinity/core/fhir/search-parameter.ts';
import { type IncludeLimits, includeBeside } from './include.ts';
import { type JoinReach, settle } from './join-sql.ts';
import { type Branch, countMatches, findPage, type Page } from './page.ts';
import { orderOf } from './page-order.ts';
import { sortValue } from './sort-value.ts';
import { chooseSource } from './source.ts';
import type { Ask } from './time-limit.ts';
import { toVersion } from './version-row.ts';

export interface SearchNeighbours {
  readonly ask: Ask;
  /** the parameters that resources are indexed by, at this moment */
  readonly parameters: () => SearchParameters;
  readonly limits: IncludeLimits & JoinReach;
}

/** What a page answers, beside what is included. */
export const pageResult = (page: Page, total: number | undefined): SearchResult => ({
  matches: page.rows.map((row) => toVersion(row.type, row)),
  ...(total === undefined ? {} : { total }),
  ...(page.next === undefined ? {} : { next: page.next }),
  ...(page.previous === undefined ? {} : { previous: page.previous }),
  ...(page.last === undefined ? {} : { last: page.last }),
});

/** Sort values of a type's parameters. */
export const sortValueOf = (type: string, parameters: SearchParameters) => (param: string, descending: boolean) => {
  const lookup = parameters.find(type, param);
  return lookup.kind === 'indexed' ? sortValue(type, lookup.parameter, descending) : undefined;
};

export const createSearch =
  ({ ask, parameters, limits }: SearchNeighbours): Backend['searchType'] =>
  (search, filter, { chained = () => nothing, included = () => nothing, signal } = {}) =>
    ask(async (query): Promise<SearchResult> => {
      const { asked, matching } = await settle({ query, filterOf: chained, reach: limits }, search, filter);
      const source = chooseSource(asked, search.sort, filter);
      const order = orderOf(search.sort, source.order, sortValueOf(search.type, parameters()));
      const branches: readonly Branch[] = [{ source, matching, order }];
      if (search.count === 0) return { matches: [], total: await countMatches(query, branches) };
      const page = await findPage(query, branches, search.count, search.cursor);
      const accurate = search.total === 'accurate' && !page.whole;
      const total = page.whole ? page.rows.length : accurate ? await countMatches(query, branches) : undefined;
      const { includes = [] } = search;
      const result = pageResult(page, total);
      if (includes.length === 0) return result;
      return {
        ...result,
        included: await includeBeside(query, includes, page.rows, {
          filterOf: included,
          parameters: parameters(),
          limits,
        }),
      };
    }, signal);

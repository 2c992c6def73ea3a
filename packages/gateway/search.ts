/**
 * A search of one type: pages are cut and totals counted after everything has been judged, so that what is hidden leaves
 * no trace in them. FHIR R4 search.html, http.html#paging.
 */
import type { Asking, FilterOf, SearchResult } from '@affinity/core/fhir/backend.ts';
import { type Filter, nothing } from '@affinity/core/fhir/filter.ts';
import type { SearchQuery } from '@affinity/core/fhir/search-query.ts';
import { createBudget } from './budget.ts';
import type { Around } from './fetch.ts';
import type { Includes } from './includes.ts';
import type { ResolveJoins } from './joins.ts';
import type { GatewayLimits } from './limits.ts';
import { printPlace, readPlace } from './page-place.ts';
import { signalOf } from './request-context.ts';
import type { SeekTied, TiedPlace, TiedSought } from './seek-tied.ts';
import { toVersion } from './version.ts';

const noFilter: FilterOf = () => nothing;
/** What is asked for at once where everything is wanted. */
const wholePage = 200;

export const createSearchType = (options: {
  readonly seekTied: SeekTied;
  readonly resolveJoins: ResolveJoins;
  readonly includes: Includes;
  readonly limits: GatewayLimits;
}) => {
  const { seekTied, resolveJoins, includes, limits } = options;

  return async (query: SearchQuery, filter: Filter, asking: Asking = {}): Promise<SearchResult> => {
    const { chained = noFilter, included = noFilter } = asking;
    const signal = signalOf(asking.signal);
    signal?.throwIfAborted();
    const around: Around = { budget: createBudget(limits.scannedMost), signal };
    const { type, clauses, sort, count, total } = query;
    const isCounted = count === 0 || total === 'accurate';
    const question = { type, filter, clauses, params: includes.paramsOf(query) };
    const ties = await resolveJoins(query, chained, around);
    const hint = isCounted ? Math.max(count + 1, wholePage) : count + 1;
    const sought = (from?: TiedPlace) =>
      ties === undefined
        ? []
        : seekTied(question, ties, { sort, count: hint, ...(from === undefined ? {} : { from }) }, around);

    const from = readPlace<TiedPlace>(query.cursor);
    const shown: TiedSought[] = [];
    let counted = 0;
    for await (const found of sought(count === 0 ? undefined : from)) {
      counted += found.length;
      // One more than the page holds tells whether there is a next.
      shown.push(...found.slice(0, count + 1 - shown.length));
      if (!isCounted && shown.length > count) break;
    }
    if (count === 0) return { matches: [], total: counted };
    const isWhole = from === undefined && shown.length <= count;
    if (isCounted && from !== undefined) {
      counted = 0;
      for await (const found of sought()) counted += found.length;
    }
    const page = shown.slice(0, count);
    const last = page.at(-1);
    return {
      matches: page.map(({ held, facts }) => toVersion(held, facts)),
      ...(query.includes === undefined ? {} : { included: await includes.of(page, query.includes, included, around) }),
      ...(isCounted || isWhole ? { total: counted } : {}),
      ...(shown.length > count && last !== undefined ? { next: printPlace(last.place) } : {}),
    };
  };
};

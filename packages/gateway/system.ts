/** A search of several types by what every type has, each type judged by its own Filter. FHIR R4 http.html#search. */
import type { FilterOf, SearchResult } from '@affinity/core/fhir/backend.ts';
import { fhirError } from '@affinity/core/fhir/outcome.ts';
import type { SystemQuery } from '@affinity/core/fhir/search-query.ts';
import { isMerged, pageAcross } from './across-types.ts';
import { createBudget } from './budget.ts';
import { inTurns } from './in-turns.ts';
import type { GatewayLimits } from './limits.ts';
import { signalOf } from './request-context.ts';
import type { Seek } from './seek.ts';
import { toVersion } from './version.ts';

const wholePage = 200;

export const createSearchSystem =
  ({ seek, limits }: { readonly seek: Seek; readonly limits: GatewayLimits }) =>
  async (query: SystemQuery, filterOf: FilterOf, given?: AbortSignal): Promise<SearchResult> => {
    const signal = signalOf(given);
    signal?.throwIfAborted();
    const { types, clauses, sort, count, total, cursor } = query;
    if (!sort.every(isMerged))
      throw fhirError(400, 'not-supported', 'several types are sorted by _lastUpdated and _id only');
    const around = { budget: createBudget(limits.scannedMost), signal };
    const { concurrent } = limits;
    const countOf = async (type: string): Promise<number> => {
      let counted = 0;
      const question = { type, filter: filterOf(type), clauses };
      for await (const shown of seek(question, { count: wholePage }, around)) counted += shown.length;
      return counted;
    };
    const counted = async (): Promise<number> =>
      (await inTurns(types, concurrent, countOf)).reduce((sum, one) => sum + one, 0);
    if (count === 0) return { matches: [], total: await counted() };
    const { page, next } = await pageAcross({
      types,
      sort,
      count,
      concurrent,
      ...(cursor === undefined ? {} : { cursor }),
      sought: (type, wanted, from) =>
        seek(
          { type, filter: filterOf(type), clauses },
          { sort, count: wanted, ...(from === undefined ? {} : { from }) },
          around,
        ),
    });
    const isWhole = cursor === undefined && next === undefined;
    return {
      matches: page.map(({ held, facts }) => toVersion(held, facts)),
      ...(isWhole ? { total: page.length } : total === 'accurate' ? { total: await counted() } : {}),
      ...(next === undefined ? {} : { next }),
    };
  };

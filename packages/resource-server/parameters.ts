/** The parameters of searches and histories, from the URL, the posted form, or a link that we gave out. FHIR R4 search.html, http.html#history. */
import type { TypeCapability } from '@affinity/core/fhir/backend.ts';
import type { HistoryPage } from '@affinity/core/fhir/interaction.ts';
import { type FhirError, fhirError } from '@affinity/core/fhir/outcome.ts';
import { parseSearch } from '@affinity/core/fhir/search-parse.ts';
import type { SearchQuery } from '@affinity/core/fhir/search-query.ts';
import type { Principal } from '@affinity/core/smart/principal.ts';
import type { Limits } from './limits.ts';
import type { PageCursors } from './page-cursor.ts';

export interface Surroundings {
  readonly pages: PageCursors;
  readonly principal: Principal;
  readonly limits: Limits;
  readonly ownBases: readonly string[];
  readonly handling: 'strict' | 'lenient';
  /** epoch milliseconds */
  readonly now: number;
}

interface Opened {
  readonly params: URLSearchParams;
  readonly cursor?: string;
}

/** A link of ours stands alone: its state is the whole search, and nothing can be added to it. */
const openPage = (params: URLSearchParams, path: string, { pages, principal }: Surroundings): Opened | FhirError => {
  const given = params.getAll('_cursor');
  if (given.length === 0) return { params };
  if ([...params.keys()].some((name) => !['_cursor', '_format', '_pretty'].includes(name)) || given.length > 1) {
    return fhirError(400, 'invalid', 'a page link takes no other parameter');
  }
  const state = pages.open(given[0] ?? '', path, principal);
  if (state === undefined) return fhirError(404, 'not-found', 'the page is not known, or no longer');
  const own = new URLSearchParams(state.params.map(([name, value]): [string, string] => [name, value]));
  return { params: own, cursor: state.cursor };
};

const isFault = (value: object): value is FhirError => value instanceof Error;

export const searchOf = (
  capability: TypeCapability,
  given: URLSearchParams,
  around: Surroundings,
): SearchQuery | FhirError => {
  const { limits, ownBases, handling, now } = around;
  const opened = openPage(given, capability.type, around);
  if (isFault(opened)) return opened;
  const { defaultCount, maxCount, maxValues, maxClauses } = limits;
  const settings = { handling, defaultCount, maxCount, maxValues, maxClauses, ownBases, capability, now };
  const parsed = parseSearch(capability.type, opened.params, settings);
  if (parsed.kind === 'fault') return fhirError(parsed.status, parsed.code, parsed.diagnostics);
  return opened.cursor === undefined ? parsed.query : { ...parsed.query, cursor: opened.cursor };
};

export interface AskedHistory {
  readonly page: HistoryPage;
  readonly understood: readonly (readonly [string, string])[];
}

/** FHIR R4 datatypes.html#instant */
const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/;

export const historyOf = (path: string, given: URLSearchParams, around: Surroundings): AskedHistory | FhirError => {
  const { limits, handling } = around;
  const opened = openPage(given, path, around);
  if (isFault(opened)) return opened;
  const understood: [string, string][] = [];
  let count = limits.defaultCount;
  let since: string | undefined;
  for (const [name, value] of opened.params) {
    if (understood.some(([known]) => known === name)) return fhirError(400, 'invalid', `${name} may be given once`);
    if (name === '_count') {
      if (!/^\d{1,9}$/.test(value) || Number(value) === 0)
        return fhirError(400, 'invalid', '_count is a number from 1');
      count = Math.min(Number(value), limits.maxCount);
      understood.push([name, String(count)]);
    } else if (name === '_since') {
      const time = instant.test(value) ? Date.parse(value) : Number.NaN;
      if (Number.isNaN(time)) return fhirError(400, 'invalid', '_since is an instant, such as 2026-05-03T10:15:30Z');
      since = new Date(time).toISOString();
      understood.push([name, value]);
    } else if (
      name === '_at' ||
      name === '_list' ||
      (handling === 'strict' && !['_format', '_pretty'].includes(name))
    ) {
      return fhirError(400, 'not-supported', `${name} is not supported`);
    }
  }
  const page = {
    count,
    ...(since === undefined ? {} : { since }),
    ...(opened.cursor === undefined ? {} : { before: opened.cursor }),
  };
  return { page, understood };
};

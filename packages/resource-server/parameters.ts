/** The parameters of searches, histories and operations, from the URL, the posted form, or a link that we gave out. FHIR R4 search.html, http.html#history. */
import type { TypeCapability } from '@affinity/core/fhir/backend.ts';
import { dateRange } from '@affinity/core/fhir/date-range.ts';
import type { HistoryPage } from '@affinity/core/fhir/interaction.ts';
import { type FhirError, fhirError } from '@affinity/core/fhir/outcome.ts';
import type { SearchParameters } from '@affinity/core/fhir/search-parameter.ts';
import { type NotUnderstood, type Understood as Parsed, parseSearch } from '@affinity/core/fhir/search-parse.ts';
import type { SearchQuery, SystemQuery } from '@affinity/core/fhir/search-query.ts';
import type { SearchReading } from '@affinity/core/fhir/search-settings.ts';
import { parseSystemSearch } from '@affinity/core/fhir/system-search-parse.ts';
import type { Principal } from '@affinity/core/smart/principal.ts';
import type { Understood } from './asked.ts';
import type { Limits } from './limits.ts';
import type { Offer } from './offer.ts';
import type { PageCursors } from './page-cursor.ts';

export interface Surroundings {
  readonly pages: PageCursors;
  readonly principal: Principal;
  readonly limits: Limits;
  readonly requestId: string;
  /** as it was sent */
  readonly accessToken: string;
  readonly ownBases: readonly string[];
  readonly handling: 'strict' | 'lenient';
  readonly offer: Offer;
  readonly parameters?: SearchParameters;
  /** epoch milliseconds */
  readonly now: number;
}

export interface Opened {
  readonly params: URLSearchParams;
  readonly cursor?: string;
}

const isFault = (value: object): value is FhirError => value instanceof Error;

/** A link of ours stands alone: its state is the whole search, and nothing can be added to it. */
export const openPage = (
  params: URLSearchParams,
  path: string,
  { pages, principal }: Pick<Surroundings, 'pages' | 'principal'>,
): Opened | FhirError => {
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

const readingOf = ({ limits, ownBases, handling, offer, parameters, now }: Surroundings): SearchReading => ({
  ...limits,
  handling,
  ownBases,
  capabilityOf: (type) => offer.types.get(type),
  ...(parameters === undefined ? {} : { parameters }),
  now,
});

/** A search as it was understood, with the page that a link names. */
const understoodAs = <Query extends SearchQuery | SystemQuery>(
  parsed: Parsed<Query> | NotUnderstood,
  cursor: string | undefined,
): Parsed<Query> | FhirError => {
  if (parsed.kind === 'fault') return fhirError(parsed.status, parsed.code, parsed.diagnostics);
  return cursor === undefined ? parsed : { ...parsed, query: { ...parsed.query, cursor } };
};

export const searchOf = (
  capability: TypeCapability,
  given: URLSearchParams,
  around: Surroundings,
): Parsed<SearchQuery> | FhirError => {
  const opened = openPage(given, capability.type, around);
  if (isFault(opened)) return opened;
  return understoodAs(parseSearch(capability.type, opened.params, { ...readingOf(around), capability }), opened.cursor);
};

/** `types` is empty where `_type` names none. */
export const systemSearchOf = (given: URLSearchParams, around: Surroundings): Parsed<SystemQuery> | FhirError => {
  const opened = openPage(given, '', around);
  if (isFault(opened)) return opened;
  const parsed = understoodAs(
    parseSystemSearch([...around.offer.types.keys()], opened.params, readingOf(around)),
    opened.cursor,
  );
  if (isFault(parsed) || opened.params.has('_type')) return parsed;
  return { ...parsed, query: { ...parsed.query, types: [] } };
};

/** FHIR R4 datatypes.html#instant */
const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/;

/** An instant in our own form; undefined for what is none. A `+` that was not encoded has become a space. */
export const instantOf = (value: string): string | undefined => {
  const text = value.replace(/ (\d\d:\d\d)$/, '+$1');
  const time = instant.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(time) ? undefined : new Date(time).toISOString();
};

export const countOf = (value: string, { maxCount }: Limits): number | FhirError => {
  if (!/^\d{1,9}$/.test(value) || Number(value) === 0) return fhirError(400, 'invalid', '_count is a number from 1');
  return Number(value) > maxCount ? fhirError(400, 'too-costly', `_count is at most ${maxCount}`) : Number(value);
};

export interface AskedHistory {
  readonly page: HistoryPage;
  readonly understood: Understood;
}

/** What one parameter of a history says; undefined: it is not known. */
const historyPart = (name: string, value: string, limits: Limits): Partial<HistoryPage> | FhirError | undefined => {
  switch (name) {
    case '_count': {
      const count = countOf(value, limits);
      return typeof count === 'number' ? { count } : count;
    }
    case '_since': {
      const since = instantOf(value);
      return since === undefined
        ? fhirError(400, 'invalid', '_since is an instant, such as 2026-05-03T10:15:30Z')
        : { since };
    }
    case '_at': {
      const at = dateRange(value.replace(/ (\d\d:\d\d)$/, '+$1'));
      return at === undefined ? fhirError(400, 'invalid', '_at is a date or time, such as 2026-05-03') : { at };
    }
    case '_format':
    case '_pretty':
      return {};
    default:
      return undefined;
  }
};

export const historyOf = (path: string, given: URLSearchParams, around: Surroundings): AskedHistory | FhirError => {
  const { limits, handling } = around;
  const opened = openPage(given, path, around);
  if (isFault(opened)) return opened;
  const understood: [string, string][] = [];
  let page: HistoryPage = { count: limits.defaultCount };
  for (const [name, value] of opened.params) {
    const part = historyPart(name, value, limits);
    if (part === undefined) {
      if (name === '_list' || name === '_sort' || handling === 'strict')
        return fhirError(400, 'not-supported', `${name.slice(0, 64)} is not supported`);
      continue;
    }
    if (isFault(part)) return part;
    if (understood.some(([known]) => known === name)) return fhirError(400, 'invalid', `${name} may be given once`);
    page = { ...page, ...part };
    if (name !== '_format' && name !== '_pretty') understood.push([name, value]);
  }
  return { page: { ...page, ...(opened.cursor === undefined ? {} : { before: opened.cursor }) }, understood };
};

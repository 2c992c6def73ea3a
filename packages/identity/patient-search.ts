/**
 * The search of patients as IHE PDQm ITI-78 wants it: a domain that is not known is said to be so, and each match says how
 * well it fits what was asked for.
 */
import type { Backend, SearchResult, Version } from '@affinity/core/fhir/backend.ts';
import { fold } from '@affinity/core/fhir/extract.ts';
import { FhirError } from '@affinity/core/fhir/outcome.ts';
import { isObject, list, text } from '@affinity/core/fhir/path-values.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import type { SearchClause, SearchQuery } from '@affinity/core/fhir/search-query.ts';
import { isKnownDomain } from './operations/visible-records.ts';

const unknownDomain = (): FhirError =>
  new FhirError(404, [{ severity: 'warning', code: 'not-found', diagnostics: 'targetSystem not found' }]);

/** Domains that are asked for as a whole: `identifier=dom|`. */
const domainsIn = ({ clauses }: SearchQuery): readonly string[] =>
  clauses.flatMap(({ param, modifier, values }) =>
    param === 'identifier' && modifier === undefined
      ? values.flatMap((value) =>
          value.kind === 'token' && value.code === undefined && value.system ? [value.system] : [],
        )
      : [],
  );

const nameParts = (resource: Resource, parts: readonly string[]): readonly string[] =>
  list(resource.name).flatMap((name) =>
    isObject(name) ? parts.flatMap((part) => list(name[part]).flatMap((one) => text(one) ?? [])) : [],
  );
const addressParts = (resource: Resource, parts: readonly string[]): readonly string[] =>
  list(resource.address).flatMap((address) =>
    isObject(address) ? parts.flatMap((part) => list(address[part]).flatMap((one) => text(one) ?? [])) : [],
  );

/** By what a string parameter finds. */
const texts: Readonly<Record<string, (resource: Resource) => readonly string[]>> = {
  family: (resource) => nameParts(resource, ['family']),
  given: (resource) => nameParts(resource, ['given']),
  name: (resource) => nameParts(resource, ['family', 'given', 'text', 'prefix', 'suffix']),
  address: (resource) => addressParts(resource, ['line', 'city', 'district', 'state', 'postalCode', 'country', 'text']),
  'address-city': (resource) => addressParts(resource, ['city']),
  'address-country': (resource) => addressParts(resource, ['country']),
  'address-postalcode': (resource) => addressParts(resource, ['postalCode']),
  'address-state': (resource) => addressParts(resource, ['state']),
};

/** How much of the found word was asked for: the whole word is 1, its beginning less. */
const fit = (resource: Resource, { param, values }: SearchClause): number => {
  const found = (texts[param]?.(resource) ?? []).map(fold);
  const wanted = values.flatMap((value) => (value.kind === 'string' ? [fold(value.text)] : []));
  const shares = wanted.flatMap((word) =>
    found.flatMap((whole) => (whole.includes(word) && whole !== '' ? [word.length / whole.length] : [])),
  );
  return shares.length === 0 ? 1 : Math.max(...shares);
};

/** 0…1, two digits: the least fitting of all that was asked for by text. */
export const scoreOf = ({ body }: Version, { clauses }: SearchQuery): number => {
  const byText = clauses.filter(({ param }) => Object.hasOwn(texts, param));
  if (byText.length === 0) return 1;
  const resource = JSON.parse(body) as Resource;
  return Math.round(Math.min(...byText.map((clause) => fit(resource, clause))) * 100) / 100;
};

/** @param domains those that are known whatever is there */
export const withPatientSearch = <Of extends Backend>(store: Of, domains: ReadonlySet<string>): Of => {
  const searchType: Backend['searchType'] = async (query, filter, asking): Promise<SearchResult> => {
    if (query.type !== 'Patient') return store.searchType(query, filter, asking);
    const view = { search: (one: SearchQuery) => store.searchType(one, filter, asking) };
    for (const domain of domainsIn(query)) if (!(await isKnownDomain(view, domain, domains))) throw unknownDomain();
    const result = await store.searchType(query, filter, asking);
    return { ...result, scores: new Map(result.matches.map((match) => [match.id, scoreOf(match, query)])) };
  };
  return Object.defineProperties(
    { ...store, searchType },
    {
      capabilities: { enumerable: true, get: () => store.capabilities },
      parameters: { enumerable: true, get: () => store.parameters },
    },
  );
};

/**
 * How the backend in memory finds: by reading everything. Chains, `_has` and includes see only what the Filters of their
 * types let through; without Filters they see nothing. FHIR R4 search.html.
 */
import type { Asking, EverythingOf, FilterOf, SearchResult, Version } from '../fhir/backend.ts';
import { type Filter, nothing } from '../fhir/filter.ts';
import { matches } from '../fhir/matches.ts';
import { type Judged, matchesJoins, type Others } from '../fhir/matches-joins.ts';
import type { Include, SearchQuery, SystemQuery } from '../fhir/search-query.ts';
import { cutPage } from './memory-order.ts';
import type { Current, Records } from './memory-records.ts';

const judged = ({ facts, version }: Current): Judged => ({ facts, lastUpdated: version.lastUpdated });
const noFilter: FilterOf = () => nothing;

/** Rounds of `:iterate`. */
const mostRounds = 3;

/** Resources that one include leads to from these. */
const followed = (
  records: Records,
  from: readonly Current[],
  include: Include,
  filterOf: FilterOf,
): readonly Current[] => {
  const { type, param, target, reverse } = include;
  const counts = (entry: { readonly param: string; readonly type: string }) =>
    (param === '*' || entry.param === param) && (target === undefined || entry.type === target);
  if (reverse) {
    const wanted = new Set(from.map(({ version }) => `${version.type}/${version.id}`));
    return records
      .currents(type, filterOf(type))
      .filter(({ facts }) => facts.index.references.some((one) => counts(one) && wanted.has(`${one.type}/${one.id}`)));
  }
  return from
    .filter(({ version }) => version.type === type)
    .flatMap(({ facts }) => facts.index.references.filter(counts))
    .flatMap((at) => records.currents(at.type, filterOf(at.type)).filter(({ version }) => version.id === at.id));
};

const addIncluded = (
  records: Records,
  page: readonly Current[],
  includes: readonly Include[],
  filterOf: FilterOf,
): readonly Version[] => {
  const seen = new Map<string, Current>();
  const matched = new Set(page.map(({ version }) => `${version.type}/${version.id}`));
  let from = page;
  for (let round = 0; round <= mostRounds && from.length > 0; round += 1) {
    const found: Current[] = [];
    for (const include of includes.filter(({ iterate }) => round === 0 || iterate))
      for (const one of followed(records, from, include, filterOf)) {
        const key = `${one.version.type}/${one.version.id}`;
        if (seen.has(key) || matched.has(key)) continue;
        seen.set(key, one);
        found.push(one);
      }
    from = found;
  }
  return [...seen.values()].map(({ version }) => version);
};

export const searchType = (records: Records, query: SearchQuery, filter: Filter, asking: Asking = {}): SearchResult => {
  const { chained = noFilter, included = noFilter } = asking;
  const others: Others = {
    of: (type) => records.currents(type, chained(type)).map(judged),
    find: (type, id) =>
      records
        .currents(type, chained(type))
        .map(judged)
        .find(({ facts }) => facts.id === id),
  };
  const found = records
    .currents(query.type, filter)
    .filter(({ facts, version }) => matches(query, facts, version.lastUpdated) && matchesJoins(query, facts, others));
  const result = cutPage(found, query);
  if (query.includes === undefined) return result;
  const page = new Set(result.matches.map(({ id }) => id));
  const from = found.filter(({ version }) => page.has(version.id));
  return { ...result, included: addIncluded(records, from, query.includes, included) };
};

export const searchSystem = (records: Records, query: SystemQuery, filterOf: FilterOf): SearchResult => {
  const { types, clauses } = query;
  const found = types.flatMap((type) =>
    records
      .currents(type, filterOf(type))
      .filter(({ facts, version }) => matches({ type, clauses }, facts, version.lastUpdated)),
  );
  return cutPage(found, query);
};

/** FHIR R4 patient-operation-everything.html */
export const everythingOf = (records: Records, of: EverythingOf, filterOf: FilterOf): SearchResult => {
  const { patient, types, start, end, since, count, cursor } = of;
  const seen = (type: string) => records.currents(type, filterOf(type));
  const isWanted = ({ version, facts }: Current): boolean => {
    const dates = facts.index.dates.filter(({ param }) => param === 'date');
    const inTime =
      dates.length === 0 ||
      dates.some((date) => (start === undefined || date.end > start) && (end === undefined || date.start < end));
    return inTime && (since === undefined || Date.parse(version.lastUpdated) >= Date.parse(since));
  };
  const record = types.flatMap((type) => seen(type).filter(({ facts }) => facts.owners.includes(patient)));
  const own = record.filter((one) => one.version.type === 'Patient' || isWanted(one));
  const referred = new Set(own.flatMap(({ facts }) => facts.index.references.map(({ type, id }) => `${type}/${id}`)));
  const shared = types.flatMap((type) =>
    seen(type).filter(({ facts }) => facts.owners.length === 0 && referred.has(`${type}/${facts.id}`)),
  );
  return cutPage([...own, ...shared], { sort: [], count, total: 'none', ...(cursor === undefined ? {} : { cursor }) });
};

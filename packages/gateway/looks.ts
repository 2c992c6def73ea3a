/** Which search parameters of a resource a Filter and the clauses of a search look at: only these are extracted. FHIR R4 search.html. */
import type { Filter } from '@affinity/core/fhir/filter.ts';
import type { SearchClause } from '@affinity/core/fhir/search-query.ts';

/** Codes of parameters, and `references` for all that are references. */
export type Looks = ReadonlySet<string>;

/** No parameter has this code: a colon stands in none. */
export const references = ':references';

const none: Looks = new Set();

export const together = (all: readonly Looks[]): Looks => new Set(all.flatMap((looks) => [...looks]));

const find = (filter: Filter): Looks => {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return together(filter.filters.map(looksOf));
    case 'not':
      return looksOf(filter.filter);
    case 'token':
    case 'reference':
    case 'dated':
      return new Set([filter.param]);
    case 'names':
      return new Set([references]);
    default:
      return none;
  }
};

const known = new WeakMap<Filter, Looks>();

/** Remembered by the Filter itself, which the same rights make once. */
export const looksOf = (filter: Filter): Looks => {
  const before = known.get(filter);
  if (before !== undefined) return before;
  const looks = find(filter);
  known.set(filter, looks);
  return looks;
};

export const looksOfClauses = (clauses: readonly SearchClause[]): Looks => new Set(clauses.map(({ param }) => param));

/** A search that asks for nothing: by it the right to search a type is asked for. */
import type { SearchQuery } from '@affinity/core/fhir/search-query.ts';

export const emptySearch = (type: string): SearchQuery => ({
  type,
  clauses: [],
  count: 0,
  sort: [],
  total: 'none',
  understood: [],
});

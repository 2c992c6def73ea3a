/**
 * The order of what the backend in memory finds, and its pages: by the least value upwards and the greatest downwards,
 * a date by its start upwards and its end downwards; what has none comes last, both ways. FHIR R4 search.html#sort.
 */
import type { SearchResult } from '../fhir/backend.ts';
import type { SearchIndex } from '../fhir/search-index.ts';
import type { SortKey } from '../fhir/search-query.ts';
import type { Current } from './memory-records.ts';

type Key = number | string | null;
/** What a resource is ordered by: a key for each part of `_sort`, and then its own place. */
interface Rank {
  readonly keys: readonly Key[];
  readonly at: string;
}
/** Where a page begins: behind a rank, before one, or so that it is the last. */
type Cursor = { readonly side: 'after' | 'before'; readonly rank: Rank } | { readonly side: 'end' };

const valuesOf = (index: SearchIndex, param: string, descending: boolean): readonly (number | string)[] => {
  const of = <Entry extends { readonly param: string }>(
    entries: readonly Entry[],
    key: (entry: Entry) => number | string,
  ) => entries.filter((entry) => entry.param === param).map(key);
  return [
    ...of(index.dates, ({ start, end }) => (descending ? end : start)),
    ...of(index.strings, ({ folded }) => folded),
    ...of(index.tokens, ({ code }) => code),
    ...of(index.references, ({ type, id }) => `${type}/${id}`),
    ...of(index.uris, ({ uri }) => uri),
    ...of(index.numbers, ({ value }) => value),
    ...of(index.quantities, ({ value }) => value),
  ];
};

const keyOf = ({ version, facts }: Current, { param, descending }: SortKey): Key => {
  if (param === '_lastUpdated') return Date.parse(version.lastUpdated);
  if (param === '_id') return version.id;
  const [first, ...others] = valuesOf(facts.index, param, descending);
  if (first === undefined) return null;
  return others.reduce((best, one) => (one < best === descending ? best : one), first);
};

const compareKeys = (a: Key, b: Key, descending: boolean): number => {
  if (a === b) return 0;
  if (a === null || b === null) return a === null ? 1 : -1;
  return a < b === descending ? 1 : -1;
};
const compareRanks = (a: Rank, b: Rank, sort: readonly SortKey[]): number => {
  for (const [i, { descending }] of sort.entries()) {
    const order = compareKeys(a.keys[i] ?? null, b.keys[i] ?? null, descending);
    if (order !== 0) return order;
  }
  return a.at < b.at ? -1 : a.at > b.at ? 1 : 0;
};

export interface Paged {
  readonly sort: readonly SortKey[];
  readonly count: number;
  readonly total: 'none' | 'estimate' | 'accurate';
  readonly cursor?: string;
}

/** The page of what was found that is asked for. A count of 0 is the total alone. */
export const cutPage = (found: readonly Current[], { sort, count, total, cursor }: Paged): SearchResult => {
  if (count === 0) return { matches: [], total: found.length };
  const ranked = found
    .map((one) => ({
      version: one.version,
      rank: { at: `${one.version.type}/${one.version.id}`, keys: sort.map((key) => keyOf(one, key)) },
    }))
    .sort((a, b) => compareRanks(a.rank, b.rank, sort));
  const at = cursor === undefined ? undefined : (JSON.parse(cursor) as Cursor);
  const backward = at?.side === 'before' || at?.side === 'end';
  const rest = ranked.filter(({ rank }) => {
    if (at === undefined || at.side === 'end') return true;
    const order = compareRanks(rank, at.rank, sort);
    return at.side === 'after' ? order > 0 : order < 0;
  });
  const page = backward ? rest.slice(Math.max(0, rest.length - count)) : rest.slice(0, count);
  const [first, last] = [page[0], page.at(-1)];
  const more = rest.length > page.length;
  const beside = (side: 'after' | 'before', rank: Rank): string => JSON.stringify({ side, rank } satisfies Cursor);
  const hasNext = last !== undefined && (backward ? at.side === 'before' : more);
  const hasPrevious = first !== undefined && (backward ? more : at !== undefined);
  const whole = at === undefined && !more;
  return {
    matches: page.map(({ version }) => version),
    ...(total === 'accurate' || whole ? { total: ranked.length } : {}),
    ...(hasNext ? { next: beside('after', last.rank), last: JSON.stringify({ side: 'end' } satisfies Cursor) } : {}),
    ...(hasPrevious ? { previous: beside('before', first.rank) } : {}),
  };
};

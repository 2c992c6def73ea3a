/** All that a search finds, whatever its pages: or that there is too much of it, never a part. FHIR R4 search.html. */
import type { Backend, Version } from '@affinity/core/fhir/backend.ts';
import { everything } from '@affinity/core/fhir/filter.ts';
import type { SearchClause, SearchValue } from '@affinity/core/fhir/search-query.ts';

export type FactsBackend = Pick<Backend, 'read' | 'searchType'>;

/** The most that one page may hold. */
const pageSize = 1000;

/** A local reference as a value to search for; `Type/id`. */
export const referenceTo = (reference: string): SearchValue => {
  const [type = '', id = ''] = reference.split('/');
  return { kind: 'reference', type, id };
};

export interface Sought<Found> {
  readonly type: string;
  readonly clauses: readonly SearchClause[];
  /** how many there may be */
  readonly most: number;
  /** what is wanted of each: read page by page, so that many are not read at one stretch */
  readonly read: (version: Version) => Found;
}

/** Oldest change first, so that what is changed while the pages are read comes at the end and is not missed. */
export const allMatches = async <Found>(
  backend: FactsBackend,
  { type, clauses, most, read }: Sought<Found>,
): Promise<readonly Found[] | 'too-many'> => {
  const found = new Map<string, Found>();
  let cursor: string | undefined;
  do {
    const { matches, next } = await backend.searchType(
      {
        type,
        clauses,
        count: Math.min(pageSize, most + 1),
        sort: [{ param: '_lastUpdated', descending: false }],
        total: 'none',
        understood: [],
        ...(cursor === undefined ? {} : { cursor }),
      },
      everything,
    );
    for (const version of matches) found.set(version.id, read(version));
    if (found.size > most) return 'too-many';
    cursor = next;
  } while (cursor !== undefined);
  return [...found.values()];
};

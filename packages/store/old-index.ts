/**
 * What cannot be answered yet of types that were stored before references and texts were indexed: asked for it, the store
 * says that it will be answered later, and never leaves anything out. docs/decisions/0009-references-and-reindexing.md.
 */
import { BackendUnavailable } from '@affinity/core/fhir/backend.ts';
import type { Criteria, SearchQuery } from '@affinity/core/fhir/search-query.ts';

const lookedThrough: ReadonlySet<string> = new Set(['text', 'of-type']);

const needsNew = ({ type, clauses, joins = [] }: Criteria, old: ReadonlySet<string>): boolean =>
  (old.has(type) && clauses.some(({ modifier }) => modifier !== undefined && lookedThrough.has(modifier))) ||
  joins.some((join) => {
    if (join.kind === 'chain') return old.has(type) || join.targets.some((target) => needsNew(target, old));
    return old.has(join.source.type) || needsNew(join.source, old);
  });

/** @throws BackendUnavailable where the query needs what is not indexed yet */
export const demandIndexed = (query: Criteria & Pick<SearchQuery, 'includes'>, old: ReadonlySet<string>): void => {
  if (old.size === 0) return;
  // What is included may itself hold the references to follow, so any old type is in the way.
  if ((query.includes?.length ?? 0) > 0 || needsNew(query, old)) {
    throw new BackendUnavailable(new Error('The types asked for are still being indexed.'));
  }
};

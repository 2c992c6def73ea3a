/** What a chain or `_has` has come to: a list of resources, one of which a match is tied to. FHIR R4 search.html#chaining, #has. */
import type { ResourceFacts } from '@affinity/core/fhir/resource-facts.ts';
import type { SearchClause } from '@affinity/core/fhir/search-query.ts';
import { keyOf } from './fetch.ts';

export interface Tie {
  /** `_id` where what is tied stands in the list by itself */
  readonly param: string;
  /** `Type/id` of what was led through, or, for `_has`, the id of what is pointed to; in order */
  readonly keys: readonly string[];
  /** which of them a resource has */
  readonly keysIn: (facts: ResourceFacts) => readonly string[];
  readonly clauseOf: (keys: readonly string[]) => SearchClause;
}

/** A chain: the parameter points to one of them, which are given as `Type/id`. */
export const referenceTie = (param: string, found: ReadonlySet<string>): Tie => ({
  param,
  keys: [...found].sort(),
  keysIn: ({ index }) =>
    index.references.flatMap((entry) => (entry.param === param && found.has(keyOf(entry)) ? [keyOf(entry)] : [])),
  clauseOf: (keys) => ({
    param,
    values: keys.map((key) => {
      const [type = '', id = ''] = key.split('/');
      return { kind: 'reference', type, id };
    }),
  }),
});
/** `_has`: it is one of those that are pointed to, which are given by id. */
export const idTie = (found: ReadonlySet<string>): Tie => ({
  param: '_id',
  keys: [...found].sort(),
  keysIn: ({ id }) => (found.has(id) ? [id] : []),
  clauseOf: (keys) => ({ param: '_id', values: keys.map((code) => ({ kind: 'token', code })) }),
});

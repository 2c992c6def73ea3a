/** A condition in place of an id: a search under the caller's own rights. FHIR R4 http.html#ccreate, #cond-update. */
import type { Asking, Version } from '@affinity/core/fhir/backend.ts';
import type { Filter } from '@affinity/core/fhir/filter.ts';
import type { Condition } from '../asked.ts';
import type { Denied, Rights } from './rights.ts';
import { type On, signalling } from './surroundings.ts';

/** A condition that may be searched for. */
export interface Searchable {
  readonly kind: 'searchable';
  readonly condition: Condition;
  readonly filter: Filter;
  readonly asking: Asking;
}

export const searchable = (condition: Condition, rights: Rights): Searchable | Denied => {
  const { query } = condition;
  const permit = rights.ask({ kind: 'search-type', type: query.type, query });
  if (permit.kind === 'denied') return permit;
  const joined = rights.ofJoins(query);
  if (joined.kind === 'denied') return joined;
  return { kind: 'searchable', condition, filter: permit.filter, asking: { chained: joined.chained } };
};

/** What is hidden meets no condition: it is as if it did not exist. */
export const meeting = async (
  on: On,
  { condition, filter, asking }: Searchable,
  signal: AbortSignal | undefined,
): Promise<Version | 'none' | 'several'> => {
  const { matches } = await on.searchType(condition.query, filter, { ...asking, ...signalling(signal) });
  const [first, second] = matches;
  return first === undefined ? 'none' : second === undefined ? first : 'several';
};

/** A server's own operation: the decision first, then a view of the records that is no wider than it. FHIR R4 operations.html. */
import type { Version } from '@affinity/core/fhir/backend.ts';
import type { Filter } from '@affinity/core/fhir/filter.ts';
import { fhirError } from '@affinity/core/fhir/outcome.ts';
import type { Intent } from '@affinity/policy/decision.ts';
import { type Answer, notFound, refusal } from '../answer.ts';
import type { Operating } from '../asked.ts';
import type { OperationView } from '../own-operation.ts';
import { emptySearch } from './empty-search.ts';
import type { Denied } from './rights.ts';
import { type Surroundings, signalling } from './surroundings.ts';

/** What the view has given, so that nothing else can be shown. */
const viewOf = ({ backend, rights, signal }: Surroundings, given: WeakSet<Version>): OperationView => {
  const readable = rights.filterOf((type) => ({ kind: 'read', type, id: '' }));
  const findable = rights.filterOf((type) => ({ kind: 'search-type', type, query: emptySearch(type) }));
  return {
    readable,
    findable,
    read: async (type, id) => {
      const result = await backend.read({ type, id }, readable(type));
      if (result.kind === 'found') given.add(result.version);
      return result;
    },
    search: async (query, asking) => {
      const joined = rights.ofJoins(query);
      if (joined.kind === 'denied') throw joined.error;
      const result = await backend.searchType(query, findable(query.type), {
        chained: joined.chained,
        included: readable,
        ...signalling(asking?.signal ?? signal()),
      });
      for (const version of [...result.matches, ...(result.included ?? [])]) given.add(version);
      return result;
    },
  };
};

type Named = Intent & { readonly type: string; readonly id: string };
/** Whether it is the right to change this very resource. */
const names = (intent: Intent): intent is Named =>
  (intent.kind === 'update' || intent.kind === 'patch' || intent.kind === 'delete') &&
  intent.id !== undefined &&
  intent.id !== '';

export const operate = async (
  { operation, at, load, fault }: Operating,
  around: Surroundings,
  /** recorded as permitted before it is performed */
  before: () => Promise<void>,
): Promise<Answer | Denied> => {
  const because = new Set<string>();
  const targets: { readonly at: Named; readonly filter: Filter }[] = [];
  for (const intent of operation.needs(at)) {
    const permit = around.rights.ask(intent);
    if (permit.kind === 'denied') return permit;
    for (const rule of permit.because) because.add(rule);
    if (names(intent)) targets.push({ at: intent, filter: permit.filter });
  }
  if (fault !== undefined) return refusal(fault);
  const asked = await load();
  if (!('query' in asked)) return refusal(asked);
  // A right to change may be for some resources alone: what is to be changed must be one of them.
  for (const { at: target, filter } of targets)
    if ((await around.backend.read(target, filter)).kind !== 'found') return { ...notFound(), because: [...because] };
  if (operation.affectsState === true) await before();
  const given = new WeakSet<Version>();
  const answer = await operation.perform({ ...asked, ...at, ...signalling(around.signal()) }, viewOf(around, given));
  if (answer.kind === 'refused') return { ...refusal(answer.error), because: [...because] };
  const { json, status, shows = [], patients = [] } = answer;
  if (!shows.every((version) => given.has(version)))
    return refusal(fhirError(500, 'exception', 'the request could not be completed'));
  return { kind: 'made', json, shows, patients, because: [...because], ...(status === undefined ? {} : { status }) };
};

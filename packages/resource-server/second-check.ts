/**
 * What a backend gave is judged again, resource by resource, where it does not apply the Filter in the statement that
 * reads: a foreign system may pass over a parameter that it does not know. FHIR R4 search.html#errors.
 */
import type {
  Backend,
  FilterOf,
  HistoryEntry,
  HistoryResult,
  Interactions,
  ReadResult,
  SearchResult,
  Version,
} from '@affinity/core/fhir/backend.ts';
import { type Filter, nothing } from '@affinity/core/fhir/filter.ts';
import { parseJson } from '@affinity/core/fhir/json.ts';
import { fhirError } from '@affinity/core/fhir/outcome.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { factsOf } from '@affinity/core/fhir/resource-facts.ts';
import { evaluate } from '@affinity/policy/filter.ts';

/** The version is what it says it is, and the Filter lets it through. */
const passes = (version: Version, type: string, filter: Filter, ownBases: readonly string[]): boolean => {
  const parsed = parseJson(version.body);
  if (parsed.kind === 'fault' || typeof parsed.value !== 'object' || parsed.value === null) return false;
  const resource = parsed.value as Resource;
  return (
    version.type === type &&
    resource.resourceType === type &&
    resource.id === version.id &&
    evaluate(filter, factsOf(resource, ownBases))
  );
};

/** Its total may count what was dropped here: only a search that fits on one page has one. */
const judged = (
  result: SearchResult,
  query: { readonly cursor?: string; readonly count: number },
  matches: readonly Version[],
  included: readonly Version[],
): SearchResult => {
  const whole = query.cursor === undefined && result.next === undefined && query.count > 0;
  return {
    matches,
    ...(included.length === 0 ? {} : { included }),
    ...(whole ? { total: matches.length } : {}),
    ...(result.next === undefined ? {} : { next: result.next }),
  };
};

const checkedInteractions = (given: Interactions, ownBases: readonly string[]): Interactions => {
  const read: Interactions['read'] = async (at, filter): Promise<ReadResult> => {
    const result = await given.read(at, filter);
    // Of a deleted resource there is no content to judge by: nobody is told of it.
    return result.kind === 'found' && result.version.id === at.id && passes(result.version, at.type, filter, ownBases)
      ? result
      : { kind: 'absent' };
  };
  const isVisible = async (at: { readonly type: string; readonly id: string }, filter: Filter): Promise<boolean> =>
    (await read(at, filter)).kind === 'found';

  return {
    read,
    vread: async (at, filter) => {
      if (!(await isVisible(at, filter))) return { kind: 'absent' };
      const result = await given.vread(at, filter);
      const right =
        result.kind === 'found' &&
        result.version.id === at.id &&
        result.version.versionId === at.versionId &&
        passes(result.version, at.type, filter, ownBases);
      return right ? result : { kind: 'absent' };
    },
    create: (input) => given.create(input),
    update: async (input, filter) =>
      (await isVisible(input, filter)) ? given.update(input, filter) : { kind: 'absent' },
    delete: async (input, filter) =>
      (await isVisible(input, filter)) ? given.delete(input, filter) : { kind: 'absent' },
    historyInstance: async (at, filter, signal): Promise<HistoryResult> => {
      if (!(await isVisible(at, filter))) return { kind: 'absent' };
      const result = await given.historyInstance(at, filter, signal);
      if (result.kind === 'absent') return result;
      const entries = result.entries.filter(
        ({ version }) => 'body' in version && version.id === at.id && passes(version, at.type, filter, ownBases),
      );
      return { ...result, entries };
    },
    searchType: async (query, filter, asking = {}): Promise<SearchResult> => {
      // What a chain has led through does not come out, so that nobody could judge it here.
      if ((query.joins ?? []).length > 0)
        throw fhirError(400, 'not-supported', 'searches through other resources are not supported here');
      const result = await given.searchType(query, filter, asking);
      const { included = () => nothing } = asking;
      return judged(
        result,
        query,
        result.matches.filter((version) => passes(version, query.type, filter, ownBases)),
        (result.included ?? []).filter((version) => passes(version, version.type, included(version.type), ownBases)),
      );
    },
  };
};

/** The backend as one whose answers can be relied on. One that applies the Filter itself is returned as it is. */
export const checkedBackend = (backend: Backend, ownBases: readonly string[]): Backend => {
  if (backend.appliesFilter) return backend;
  const { history, searchSystem, everything, transact, ownersOf } = backend;
  const checked = checkedInteractions(backend, ownBases);
  const byType = (filterOf: FilterOf) => (version: Version) =>
    passes(version, version.type, filterOf(version.type), ownBases);

  /** A version is shown where it and the current one are within the Filter. */
  const visibleVersions = async (entries: readonly HistoryEntry[], filterOf: FilterOf): Promise<HistoryEntry[]> => {
    const current = new Map<string, Promise<boolean>>();
    const isCurrent = ({ type, id }: { readonly type: string; readonly id: string }): Promise<boolean> => {
      const key = `${type}/${id}`;
      const known = current.get(key) ?? checked.read({ type, id }, filterOf(type)).then(({ kind }) => kind === 'found');
      current.set(key, known);
      return known;
    };
    const shown = entries.map(
      async ({ version }) => 'body' in version && byType(filterOf)(version) && (await isCurrent(version)),
    );
    const verdicts = await Promise.all(shown);
    return entries.filter((_, i) => verdicts[i]);
  };

  return {
    ...checked,
    appliesFilter: false,
    get capabilities() {
      return backend.capabilities;
    },
    ...(backend.parameters === undefined ? {} : { parameters: backend.parameters }),
    ...(ownersOf === undefined ? {} : { ownersOf }),
    ...(history === undefined
      ? {}
      : {
          history: async (of, filterOf, signal) => {
            const result = await history(of, filterOf, signal);
            return { ...result, entries: await visibleVersions(result.entries, filterOf) };
          },
        }),
    ...(searchSystem === undefined
      ? {}
      : {
          searchSystem: async (query, filterOf, signal) => {
            const result = await searchSystem(query, filterOf, signal);
            return judged(result, query, result.matches.filter(byType(filterOf)), []);
          },
        }),
    ...(everything === undefined
      ? {}
      : {
          everything: async (of, filterOf, signal) => {
            const result = await everything(of, filterOf, signal);
            const included = (result.included ?? []).filter(byType(filterOf));
            return judged(result, of, result.matches.filter(byType(filterOf)), included);
          },
        }),
    ...(transact === undefined
      ? {}
      : {
          transact: (work, hold, readsDecide, signal) =>
            transact((within) => work(checkedInteractions(within, ownBases)), hold, readsDecide, signal),
        }),
  };
};

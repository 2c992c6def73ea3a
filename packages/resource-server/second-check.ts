/**
 * What a backend gave is judged again, resource by resource, where it does not apply the Filter in the statement that
 * reads: a foreign system may pass over a parameter that it does not know. FHIR R4 search.html#errors.
 */
import type { Backend, HistoryResult, ReadResult, SearchResult, Version } from '@affinity/core/fhir/backend.ts';
import type { Filter } from '@affinity/core/fhir/filter.ts';
import { parseJson } from '@affinity/core/fhir/json.ts';
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

/** The backend as one whose answers can be relied on. One that applies the Filter itself is returned as it is. */
export const checkedBackend = (backend: Backend, ownBases: readonly string[]): Backend => {
  if (backend.appliesFilter) return backend;

  const read: Backend['read'] = async (at, filter): Promise<ReadResult> => {
    const result = await backend.read(at, filter);
    // Of a deleted resource there is no content to judge by: nobody is told of it.
    return result.kind === 'found' && result.version.id === at.id && passes(result.version, at.type, filter, ownBases)
      ? result
      : { kind: 'absent' };
  };
  const isVisible = async (at: { readonly type: string; readonly id: string }, filter: Filter): Promise<boolean> =>
    (await read(at, filter)).kind === 'found';

  return {
    ...backend,
    read,
    vread: async (at, filter) => {
      if (!(await isVisible(at, filter))) return { kind: 'absent' };
      const result = await backend.vread(at, filter);
      const right =
        result.kind === 'found' &&
        result.version.id === at.id &&
        result.version.versionId === at.versionId &&
        passes(result.version, at.type, filter, ownBases);
      return right ? result : { kind: 'absent' };
    },
    update: async (input, filter) =>
      (await isVisible(input, filter)) ? backend.update(input, filter) : { kind: 'absent' },
    delete: async (input, filter) =>
      (await isVisible(input, filter)) ? backend.delete(input, filter) : { kind: 'absent' },
    historyInstance: async (at, filter): Promise<HistoryResult> => {
      if (!(await isVisible(at, filter))) return { kind: 'absent' };
      const result = await backend.historyInstance(at, filter);
      if (result.kind === 'absent') return result;
      const entries = result.entries.filter(
        ({ version }) => 'body' in version && version.id === at.id && passes(version, at.type, filter, ownBases),
      );
      return { ...result, entries };
    },
    searchType: async (query, filter): Promise<SearchResult> => {
      const result = await backend.searchType(query, filter);
      const matches = result.matches.filter((version) => passes(version, query.type, filter, ownBases));
      // Its total may count what was dropped here: only a search that fits on one page has one.
      const whole = query.cursor === undefined && result.next === undefined && query.count > 0;
      return {
        matches,
        ...(whole ? { total: matches.length } : {}),
        ...(result.next === undefined ? {} : { next: result.next }),
      };
    },
  };
};

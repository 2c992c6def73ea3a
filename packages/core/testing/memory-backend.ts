/**
 * A Backend in memory, for tests: the plainest thing that passes the conformance suite. It keeps every version in an
 * array, and finds by reading everything. FHIR R4 http.html.
 */
import type { Backend, Deletion, HistoryEntry, ReadResult, TypeCapability, Version } from '../fhir/backend.ts';
import type { Filter } from '../fhir/filter.ts';
import { parseJson, rewriteJson } from '../fhir/json.ts';
import { matches } from '../fhir/matches.ts';
import { type Content, isResourceId } from '../fhir/resource.ts';
import { factsOf, type ResourceFacts } from '../fhir/resource-facts.ts';
import { resourceTypes } from '../fhir/resource-type.ts';
import { searchParametersOf } from '../fhir/search-parameter.ts';
import type { SearchQuery } from '../fhir/search-query.ts';

interface Stored {
  readonly method: HistoryEntry['method'];
  readonly version: Version | Deletion;
  /** of its own content, or of the last content before a deletion */
  readonly facts: ResourceFacts;
}

export interface MemoryOptions {
  readonly evaluate: (filter: Filter, facts: ResourceFacts) => boolean;
  readonly ownBases?: readonly string[];
  /** epoch milliseconds */
  readonly now?: () => number;
}

const capability = (type: string): TypeCapability => {
  const searchParams = searchParametersOf(type).map((param) => ({
    name: param.code,
    type: param.type,
    definition: param.definition,
  }));
  return {
    type,
    interactions: ['read', 'vread', 'create', 'update', 'delete', 'history-instance', 'search-type'],
    searchParams,
    sort: [
      '_lastUpdated',
      ...(searchParams.some(({ name, type: kind }) => name === 'date' && kind === 'date') ? ['date'] : []),
    ],
  };
};

const hasBody = (version: Version | Deletion): version is Version => 'body' in version;
const asRead = ({ version }: Stored): ReadResult =>
  hasBody(version) ? { kind: 'found', version } : { kind: 'deleted', deletion: version };

/** Sort keys of a resource; a date that is missing comes as if at the last update. */
const keysOf = ({ version, facts }: Stored, query: SearchQuery): readonly number[] =>
  query.sort.map(({ param, descending }) => {
    const updated = Date.parse(version.lastUpdated);
    const starts = facts.index.dates.filter((entry) => entry.param === param).map(({ start }) => start);
    const key = param === '_lastUpdated' || starts.length === 0 ? updated : Math.min(...starts);
    return descending ? -key : key;
  });

interface Ranked {
  readonly id: string;
  readonly keys: readonly number[];
}
const compare = (a: Ranked, b: Ranked): number => {
  const at = a.keys.findIndex((key, i) => key !== b.keys[i]);
  if (at >= 0) return (a.keys[at] ?? 0) - (b.keys[at] ?? 0);
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
};

export const createMemoryBackend = ({ evaluate, ownBases = [], now = Date.now }: MemoryOptions): Backend => {
  const resources = new Map<string, readonly Stored[]>();
  const versionsOf = (at: { type: string; id: string }) => resources.get(`${at.type}/${at.id}`) ?? [];
  /** The versions, newest last, if the current one may be seen. */
  const visible = (at: { type: string; id: string }, filter: Filter): readonly Stored[] => {
    const versions = versionsOf(at);
    const current = versions.at(-1);
    return current !== undefined && evaluate(filter, current.facts) ? versions : [];
  };
  const add = (at: { type: string; id: string }, content: Content | undefined) => {
    const versions = versionsOf(at);
    const last = versions.at(-1);
    const meta = {
      versionId: String(versions.length + 1),
      lastUpdated: new Date(
        Math.max(now(), last === undefined ? 0 : Date.parse(last.version.lastUpdated) + 1),
      ).toISOString(),
    };
    const head = { type: at.type, id: at.id, ...meta };
    if (content === undefined && last !== undefined) {
      resources.set(`${at.type}/${at.id}`, [...versions, { method: 'DELETE', version: head, facts: last.facts }]);
      return { ...head, body: '' };
    }
    const json = content?.json ?? '';
    const parsed = parseJson(json);
    if (content === undefined || parsed.kind === 'fault') throw new Error('Content to be stored is not sound JSON.');
    const version = { ...head, body: rewriteJson(json, parsed.members, { id: at.id, meta }) };
    const facts = factsOf({ ...content.resource, resourceType: at.type, id: at.id }, ownBases);
    resources.set(`${at.type}/${at.id}`, [
      ...versions,
      { method: last === undefined ? 'POST' : 'PUT', version, facts },
    ]);
    return version;
  };

  return {
    appliesFilter: true,
    capabilities: resourceTypes.map(capability),
    async read(at, filter) {
      const current = visible(at, filter).at(-1);
      return current === undefined ? { kind: 'absent' } : asRead(current);
    },
    async vread(at, filter) {
      const wanted = visible(at, filter).find(({ version }) => version.versionId === at.versionId);
      return wanted === undefined || !evaluate(filter, wanted.facts) ? { kind: 'absent' } : asRead(wanted);
    },
    async create({ type, id, content }) {
      if (!isResourceId(id)) throw new Error('The id of a resource to be created is not valid.');
      return versionsOf({ type, id }).length > 0
        ? { kind: 'id-taken' }
        : { kind: 'created', version: add({ type, id }, content) };
    },
    async update({ content, ifMatch, ...at }, filter) {
      const current = visible(at, filter).at(-1)?.version;
      if (current === undefined) return { kind: 'absent' };
      if (ifMatch !== undefined && ifMatch !== current.versionId)
        return { kind: 'version-conflict', current: current.versionId };
      return { kind: hasBody(current) ? 'updated' : 'created', version: add(at, content) };
    },
    async delete({ ifMatch, ...at }, filter) {
      const current = visible(at, filter).at(-1)?.version;
      if (current === undefined) return { kind: 'absent' };
      if (!hasBody(current)) return { kind: 'deleted', deletion: current };
      if (ifMatch !== undefined && ifMatch !== current.versionId)
        return { kind: 'version-conflict', current: current.versionId };
      const { body: _, ...deletion } = add(at, undefined);
      return { kind: 'deleted', deletion };
    },
    async historyInstance({ page, ...at }, filter) {
      const versions = visible(at, filter);
      if (versions.length === 0) return { kind: 'absent' };
      const wanted = versions
        .filter(({ facts }) => evaluate(filter, facts))
        .filter(({ version }) => page.before === undefined || Number(version.versionId) < Number(page.before))
        .filter(({ version }) => page.since === undefined || Date.parse(version.lastUpdated) >= Date.parse(page.since))
        .toReversed();
      const entries = wanted.slice(0, page.count).map(({ method, version }) => ({ method, version }));
      const last = entries.at(-1);
      return {
        kind: 'history',
        entries,
        ...(wanted.length > entries.length && last !== undefined ? { next: last.version.versionId } : {}),
      };
    },
    async searchType(query, filter) {
      const found = [...resources.values()]
        .flatMap((versions) => versions.at(-1) ?? [])
        .flatMap((stored) => (hasBody(stored.version) ? [{ ...stored, version: stored.version }] : []))
        .filter(({ facts, version }) => evaluate(filter, facts) && matches(query, facts, version.lastUpdated))
        .map((stored) => ({ version: stored.version, rank: { id: stored.version.id, keys: keysOf(stored, query) } }))
        .sort((a, b) => compare(a.rank, b.rank));
      const after = query.cursor === undefined ? undefined : (JSON.parse(query.cursor) as Ranked);
      const rest = after === undefined ? found : found.filter(({ rank }) => compare(rank, after) > 0);
      const page = rest.slice(0, query.count);
      const last = page.at(-1);
      const whole = after === undefined && page.length === found.length;
      return {
        matches: page.map(({ version }) => version),
        ...(query.total === 'accurate' || query.count === 0 || whole ? { total: found.length } : {}),
        ...(rest.length > page.length && last !== undefined ? { next: JSON.stringify(last.rank) } : {}),
      };
    },
  };
};

/** The records of the backend in memory: every version in an array, and copies of the whole for transactions. FHIR R4 http.html#versioning. */
import type { Deletion, HistoryEntry, Version } from '../fhir/backend.ts';
import { canonicalTypes } from '../fhir/canonical.ts';
import type { Filter } from '../fhir/filter.ts';
import { parseJson, rewriteJson } from '../fhir/json.ts';
import type { Content } from '../fhir/resource.ts';
import { factsOf, type ResourceFacts } from '../fhir/resource-facts.ts';
import { type SearchParameters, standardParameters } from '../fhir/search-parameter.ts';

export interface At {
  readonly type: string;
  readonly id: string;
}
export interface Stored {
  readonly method: HistoryEntry['method'];
  readonly version: Version | Deletion;
  /** of its own content, or of the last content before a deletion */
  readonly facts: ResourceFacts;
  /** `url|version`, where others name it by that */
  readonly canonical?: string;
  /** counts the writes of all resources */
  readonly position: number;
}
/** A current version that is no deletion. */
export interface Current extends Stored {
  readonly version: Version;
}

export interface MemoryOptions {
  readonly evaluate: (filter: Filter, facts: ResourceFacts) => boolean;
  readonly ownBases?: readonly string[];
  readonly parameters?: SearchParameters;
  /** epoch milliseconds */
  readonly now?: () => number;
}

export const hasBody = (version: Version | Deletion): version is Version => 'body' in version;
const isCurrent = (stored: Stored): stored is Current => hasBody(stored.version);

const canonicalOf = ({ resource }: Content): string | undefined =>
  canonicalTypes.has(resource.resourceType) && typeof resource.url === 'string' && resource.url !== ''
    ? `${resource.url}|${typeof resource.version === 'string' ? resource.version : ''}`
    : undefined;

export interface Records {
  /** newest last */
  versionsOf(at: At): readonly Stored[];
  /** the versions, if the current one may be seen */
  visible(at: At, filter: Filter): readonly Stored[];
  /** the versions of each resource of these types */
  all(types: readonly string[]): readonly (readonly Stored[])[];
  current(at: At): Current | undefined;
  /** whether another resource is known by the same `url` and `version` */
  isCanonicalTaken(at: At, content: Content): boolean;
  /** current resources of a type that the Filter lets through */
  currents(type: string, filter: Filter): readonly Current[];
  /** A new version; without content, a deletion. */
  add(at: At, content: Content | undefined): Stored;
  copy(): Records;
}

export const createRecords = (
  { evaluate, ownBases = [], parameters = standardParameters, now = Date.now }: MemoryOptions,
  resources = new Map<string, readonly Stored[]>(),
  written = 0,
): Records => {
  let position = written;
  const keyOf = ({ type, id }: At): string => `${type}/${id}`;
  const versionsOf = (at: At) => resources.get(keyOf(at)) ?? [];
  const current = (at: At): Current | undefined => {
    const last = versionsOf(at).at(-1);
    return last !== undefined && isCurrent(last) ? last : undefined;
  };
  const all = (types: readonly string[]) =>
    [...resources.values()].filter(([first]) => first !== undefined && types.includes(first.version.type));

  const toVersion = (at: At, content: Content, meta: { readonly versionId: string; readonly lastUpdated: string }) => {
    const parsed = parseJson(content.json);
    if (parsed.kind === 'fault') throw new Error('Content to be stored is not sound JSON.');
    const body = rewriteJson(content.json, parsed.members, { id: at.id, meta });
    const resource = { ...content.resource, resourceType: at.type, id: at.id };
    const ownersOf = (target: At) => current(target)?.facts.owners;
    const facts = factsOf(resource, ownBases, { parameters, ownersOf });
    const canonical = canonicalOf(content);
    const version = { ...at, ...meta, body, patients: facts.owners };
    return { version, facts, ...(canonical === undefined ? {} : { canonical }) };
  };

  return {
    versionsOf,
    current,
    all,
    isCanonicalTaken({ type, id }, content) {
      const canonical = canonicalOf(content);
      return (
        canonical !== undefined &&
        all([type]).some((versions) => {
          const last = versions.at(-1);
          return last !== undefined && last.canonical === canonical && last.version.id !== id;
        })
      );
    },
    visible(at, filter) {
      const versions = versionsOf(at);
      const last = versions.at(-1);
      return last !== undefined && evaluate(filter, last.facts) ? versions : [];
    },
    currents: (type, filter) =>
      all([type]).flatMap((versions) => {
        const last = versions.at(-1);
        return last !== undefined && isCurrent(last) && evaluate(filter, last.facts) ? [last] : [];
      }),
    add({ type, id }, content) {
      const at = { type, id };
      const versions = versionsOf(at);
      const last = versions.at(-1);
      const after = last === undefined ? 0 : Date.parse(last.version.lastUpdated) + 1;
      const meta = {
        versionId: String(versions.length + 1),
        lastUpdated: new Date(Math.max(now(), after)).toISOString(),
      };
      const made =
        content !== undefined
          ? toVersion(at, content, meta)
          : last !== undefined
            ? { version: { ...at, ...meta }, facts: last.facts }
            : undefined;
      if (made === undefined) throw new Error('What is deleted must be there.');
      position += 1;
      const method = content === undefined ? 'DELETE' : last === undefined ? 'POST' : 'PUT';
      const stored: Stored = { method, ...made, position };
      resources.set(keyOf(at), [...versions, stored]);
      return stored;
    },
    copy: () => createRecords({ evaluate, ownBases, parameters, now }, new Map(resources), position),
  };
};

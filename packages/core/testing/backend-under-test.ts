/** What the conformance suite of a Backend is run on, and how it asks. FHIR R4 http.html. */
import assert from 'node:assert/strict';
import type { Backend, TypeInteraction, Update, Version } from '../fhir/backend.ts';
import { everything, type Filter } from '../fhir/filter.ts';
import type { Resource } from '../fhir/resource.ts';
import { factsOf, type ResourceFacts } from '../fhir/resource-facts.ts';
import { parseSearch } from '../fhir/search-parse.ts';
import type { SearchQuery } from '../fhir/search-query.ts';
import type { Canonical } from '../fhir/value-match.ts';

export interface BackendUnderTest {
  /** empty, and used by nobody else */
  readonly backend: Backend;
  /** what the Filter means, in memory */
  readonly evaluate: (filter: Filter, facts: ResourceFacts) => boolean;
  /** how the backend converts quantities, if it does */
  readonly canonical?: Canonical;
  /** false: it does not keep a canonical url and version to one resource */
  readonly keepsCanonicals?: false;
  /** puts resources in, and takes them out, by another way: where the backend cannot write */
  readonly fill?: {
    readonly put: (resource: Resource, id: string) => Promise<void>;
    readonly remove: (type: string, id: string) => Promise<void>;
  };
  /** the part of the random questions that are asked, where each takes long; all of them unless told */
  readonly share?: number;
  /** false: what a transaction writes has a version only when it stands */
  readonly tellsVersionsWithin?: false;
  readonly close: () => Promise<void>;
}

/** A version without what only some backends know. */
export const plain = ({ patients: _, ...version }: Version): Version => version;

export interface Known {
  readonly version: Version;
  readonly facts: ResourceFacts;
}

/** What a backend holds, as far as the suite knows. */
export interface Population {
  /** by `Type/id` */
  readonly held: ReadonlyMap<string, Known>;
  /** Creates a resource, or updates it where it is. */
  readonly put: (resource: Resource, id: string) => Promise<Version>;
  readonly remove: (type: string, id: string) => Promise<void>;
}
/** Whether the backend says that it offers the interactions on a type. */
export const offers = (
  { capabilities }: Backend,
  type: string,
  ...interactions: readonly TypeInteraction[]
): boolean => {
  const offered = capabilities.find((one) => one.type === type)?.interactions ?? [];
  return interactions.every((one) => offered.includes(one));
};

/** What the backend gives of a resource that was put in beside it. */
const filled = async (backend: Backend, type: string, id: string): Promise<Version> => {
  const result = await backend.read({ type, id }, everything);
  assert.ok(result.kind === 'found', `${type}/${id} was put in: ${result.kind}`);
  return plain(result.version);
};

export const createPopulation = ({ backend, fill }: BackendUnderTest): Population => {
  const held = new Map<string, Known>();
  const written = async (at: Omit<Update, 'accepts' | 'ifMatch'>): Promise<Version> => {
    const { type, id } = at;
    const result = held.has(`${type}/${id}`) ? await backend.update(at, everything) : await backend.create(at);
    assert.ok(result.kind === 'created' || result.kind === 'updated', `${type}/${id}: ${result.kind}`);
    return plain(result.version);
  };
  return {
    held,
    async put(resource, id) {
      const { resourceType: type } = resource;
      const at = { type, id, content: { resource, json: JSON.stringify(resource) } };
      await fill?.put(resource, id);
      const version = fill === undefined ? await written(at) : await filled(backend, type, id);
      const ownersOf = (target: { type: string; id: string }) => held.get(`${target.type}/${target.id}`)?.facts.owners;
      held.set(`${type}/${id}`, { version, facts: factsOf({ ...resource, id }, [], { ownersOf }) });
      return version;
    },
    async remove(type, id) {
      if (fill === undefined) await backend.delete({ type, id }, everything);
      else await fill.remove(type, id);
      held.delete(`${type}/${id}`);
    },
  };
};

/** `Type/id` of each. */
export const placesOf = (versions: readonly { readonly type: string; readonly id: string }[] = []): readonly string[] =>
  versions.map(({ type, id }) => `${type}/${id}`);

/** epoch milliseconds, for `ap` */
export const now = Date.parse('2026-01-01');

/** The question as the backend's capabilities let it be asked; undefined where they refuse it. */
export const ask = ({ capabilities }: Backend, type: string, params: URLSearchParams): SearchQuery | undefined => {
  const capabilityOf = (name: string) => capabilities.find((one) => one.type === name);
  const capability = capabilityOf(type);
  if (capability === undefined) return undefined;
  const parsed = parseSearch(type, params, {
    handling: 'strict',
    defaultCount: 1000,
    maxCount: 1000,
    maxValues: 10,
    maxClauses: 10,
    ownBases: [],
    now,
    capability,
    capabilityOf,
  });
  return parsed.kind === 'query' ? parsed.query : undefined;
};

/** The question, which must not be refused. */
export const askFor = (backend: Backend, text: string, more: Partial<SearchQuery> = {}): SearchQuery => {
  const [type = '', params = ''] = text.split('?');
  const query = ask(backend, type, new URLSearchParams(params));
  assert.ok(query !== undefined, `${text} is refused`);
  return { ...query, ...more };
};

/** Whether the backend says that it follows references: in chains, `_has` and includes. */
export const followsReferences = ({ capabilities }: Backend): boolean =>
  capabilities.some(({ includes }) => includes !== undefined && includes.length > 0);

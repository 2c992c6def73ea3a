/** What is asked by creating, changing and deleting, by id or by a condition. FHIR R4 http.html#create, #update, #patch, #delete. */
import type { TypeCapability } from '@affinity/core/fhir/backend.ts';
import { type Exact, printExact } from '@affinity/core/fhir/exact-json.ts';
import { FhirError, fhirError } from '@affinity/core/fhir/outcome.ts';
import type { Route } from './api.ts';
import type { Condition, Identities, Load, Patch, WriteIntent, Writing } from './asked.ts';
import { contentOf, type Expected, type Loaded } from './body.ts';
import { conditionOf, ifNoneExistOf } from './condition-parameters.ts';
import type { Incoming } from './incoming.ts';
import type { Surroundings } from './parameters.ts';
import { applyPatch } from './patch/patch.ts';
import { provenanceOf } from './provenance-header.ts';
import { conditionalReferences, withIdentities } from './transaction-references.ts';

/** The bare version of `W/"3"`. Undefined: none is named. FHIR R4 http.html#concurrency. */
const ifMatchOf = (headers: Headers): { readonly ifMatch?: string } | FhirError => {
  const header = headers.get('if-match')?.trim();
  if (header === undefined || header === '' || header === '*') return {};
  const ifMatch = /^(?:W\/)?"([A-Za-z0-9\-.]{1,64})"$/.exec(header)?.[1];
  return ifMatch === undefined ? fhirError(400, 'invalid', 'If-Match is one version, such as W/"3"') : { ifMatch };
};

/** A body can be read once; a transaction that is run again needs it again. */
const once = <Value>(load: () => Promise<Value>): (() => Promise<Value>) => {
  let loaded: Promise<Value> | undefined;
  return () => {
    loaded ??= load();
    return loaded;
  };
};

const contentLoader = (
  incoming: Incoming,
  expected: Expected,
  { limits }: Surroundings,
): ((identities?: Identities) => Promise<Loaded | FhirError>) => {
  const plain = once(() => incoming.content(expected));
  const resource = incoming.entry?.resource;
  if (resource === undefined) return plain;
  return async (identities) =>
    identities === undefined || identities.size === 0
      ? plain()
      : contentOf(printExact(withIdentities(resource, identities)), expected, limits);
};

const patchLoader = (incoming: Incoming, { limits }: Surroundings): Load<Patch> =>
  once(async () => {
    const body = await incoming.patch();
    if (body instanceof FhirError) return body;
    const { patchCharacters, patchOperations, jsonDepth } = limits;
    return (json) =>
      applyPatch(json, body, { characters: patchCharacters, operations: patchOperations, depth: jsonDepth });
  });

/** The condition of a request, if it has one. */
const conditionBy = (
  incoming: Incoming,
  route: Extract<Route, { kind: 'create' | 'update' | 'patch' | 'delete' }>,
  capability: TypeCapability,
  around: Surroundings,
): Condition | undefined | FhirError => {
  const ifNoneExist = incoming.headers.get('if-none-exist');
  if (route.kind === 'create') {
    if (ifNoneExist === null) return undefined;
    return around.offer.conditional && capability.interactions.includes('search-type')
      ? conditionOf(capability, ifNoneExistOf(ifNoneExist), around)
      : fhirError(400, 'not-supported', 'If-None-Exist is not supported here');
  }
  if (ifNoneExist !== null) return fhirError(400, 'not-supported', 'If-None-Exist goes with a create');
  return 'id' in route && route.id !== undefined
    ? undefined
    : conditionOf(capability, new URLSearchParams(incoming.query), around);
};

/** References of an entry of a transaction that are searches, by their text. */
const referencesOf = (
  resource: Exact | undefined,
  around: Surroundings,
): ReadonlyMap<string, Condition> | FhirError => {
  const references = new Map<string, Condition>();
  for (const text of resource === undefined ? [] : conditionalReferences(resource)) {
    const [type = '', query = ''] = text.split(/\?(.*)/s);
    const capability = around.offer.types.get(type);
    const condition =
      capability === undefined
        ? fhirError(400, 'not-supported', 'a conditional reference names a type that is not offered')
        : conditionOf(capability, new URLSearchParams(query), around);
    if (condition instanceof FhirError) return condition;
    references.set(text, condition);
  }
  return references;
};

const firstFault = (...values: readonly unknown[]): { readonly fault?: FhirError } => {
  const fault = values.find((value) => value instanceof FhirError);
  return fault instanceof FhirError ? { fault } : {};
};
const sound = <Value>(value: Value | FhirError): Value | undefined => (value instanceof FhirError ? undefined : value);

export const writeAsked = (
  incoming: Incoming,
  route: Extract<Route, { kind: 'create' | 'update' | 'patch' | 'delete' }>,
  around: Surroundings,
): Writing => {
  const { type, kind } = route;
  const id = 'id' in route ? route.id : undefined;
  const capability = around.offer.types.get(type) ?? { type, interactions: [], searchParams: [], sort: [] };
  const match = kind === 'create' ? {} : ifMatchOf(incoming.headers);
  const condition = conditionBy(incoming, route, capability, around);
  const provenance =
    kind === 'delete' && incoming.headers.has('x-provenance')
      ? fhirError(400, 'not-supported', 'X-Provenance does not go with a delete')
      : provenanceOf(incoming.headers, around.limits);
  const unconditional =
    kind !== 'create' && incoming.headers.has('if-none-match')
      ? fhirError(400, 'not-supported', 'If-None-Match does not go with a write')
      : undefined;
  const recorded = incoming.entry?.resource;
  const references = referencesOf(kind === 'create' || kind === 'update' ? recorded : undefined, around);
  const intent: WriteIntent =
    kind === 'create' ? { kind, type } : { kind, type, ...(id === undefined ? {} : { id }), ...sound(match) };
  const expected = kind === 'update' && id !== undefined ? { type, id } : { type };
  const known = { condition: sound(condition), provenance: sound(provenance), references: sound(references) };
  return {
    kind: 'write',
    intent,
    ...(kind === 'create' || kind === 'update' ? { content: contentLoader(incoming, expected, around) } : {}),
    ...(kind === 'patch' ? { patch: patchLoader(incoming, around) } : {}),
    ...(known.condition === undefined ? {} : { condition: known.condition }),
    ...(known.provenance === undefined ? {} : { provenance: known.provenance }),
    ...(known.references === undefined ? {} : { references: known.references }),
    ...(incoming.entry?.fullUrl === undefined ? {} : { fullUrl: incoming.entry.fullUrl }),
    ...firstFault(match, condition, unconditional, provenance, references),
  };
};

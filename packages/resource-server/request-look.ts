/** What is asked by reading, searching and looking back. FHIR R4 http.html#read, #search, #history. */
import { FhirError, fhirError } from '@affinity/core/fhir/outcome.ts';
import type { SearchQuery, Subset } from '@affinity/core/fhir/search-query.ts';
import { parseShape } from '@affinity/core/fhir/search-shape.ts';
import type { Route } from './api.ts';
import type { Asked, AskedRequest } from './asked.ts';
import { recordableQuery } from './audit-trail.ts';
import type { Incoming } from './incoming.ts';
import { representationOf } from './negotiation.ts';
import { historyOf, type Surroundings, searchOf, systemSearchOf } from './parameters.ts';

type Of<Kind extends Route['kind']> = Extract<Route, { kind: Kind }>;

const nothingAsked = { clauses: [], count: 0, sort: [], total: 'none', understood: [] } as const;

/** A search that could not be understood is judged as one of its type, so that only who may search learns why. */
const anySearch = (type: string): SearchQuery => ({ type, ...nothingAsked });

interface Sent {
  readonly params: URLSearchParams;
  /** what an answer of it is recorded with, and given as */
  readonly recorded: Pick<AskedRequest, 'query' | 'form' | 'representation'>;
  readonly fault?: FhirError;
}

/** FHIR R4 http.html#search: URL and form are one set of parameters. */
const sentParameters = async (incoming: Incoming, posted: boolean): Promise<Sent> => {
  const params = new URLSearchParams(incoming.query);
  const query = recordableQuery(incoming.query);
  if (!posted) return { params, recorded: { query } };
  const form = await incoming.form();
  if (form instanceof FhirError) return { params, recorded: { query }, fault: form };
  for (const [name, value] of form) params.append(name, value);
  const recorded = { query, form: recordableQuery(form.toString()) };
  const representation = representationOf(incoming.headers, params);
  return representation instanceof FhirError
    ? { params, recorded, fault: representation }
    : { params, recorded: { ...recorded, representation } };
};

const ignoring = (ignored: readonly string[]): { readonly ignored?: readonly string[] } =>
  ignored.length === 0 ? {} : { ignored };

export const searchAsked = async (
  incoming: Incoming,
  route: Of<'search-type'> | Of<'search-system'>,
  around: Surroundings,
): Promise<AskedRequest> => {
  const { params, recorded, fault } = await sentParameters(incoming, route.posted);
  if (route.kind === 'search-system') {
    const parsed = fault ?? systemSearchOf(params, around);
    if (parsed instanceof FhirError)
      return { asked: { kind: 'search-system', query: { types: [], ...nothingAsked }, fault: parsed }, ...recorded };
    const { query, ignored, subset } = parsed;
    const asked: Asked = { kind: 'search-system', query, ...ignoring(ignored) };
    return { asked, ...recorded, understood: query.understood, ...(subset === undefined ? {} : { subset }) };
  }
  const { type, kind } = route;
  const capability = around.offer.types.get(type) ?? { type, interactions: [], searchParams: [], sort: [] };
  const parsed = fault ?? searchOf(capability, params, around);
  if (parsed instanceof FhirError) {
    const asked: Asked = { kind: 'look', intent: { kind, type, query: anySearch(type) }, fault: parsed };
    return { asked, ...recorded };
  }
  const { query, ignored, subset } = parsed;
  const asked: Asked = { kind: 'look', intent: { kind, type, query }, ...ignoring(ignored) };
  return { asked, ...recorded, understood: query.understood, ...(subset === undefined ? {} : { subset }) };
};

export const historyAsked = (
  incoming: Incoming,
  route: Of<'history-instance'> | Of<'history-type'> | Of<'history-system'>,
  around: Surroundings,
): AskedRequest => {
  const path = incoming.path.slice(1);
  const query = { query: recordableQuery(incoming.query) };
  const parsed = historyOf(path, new URLSearchParams(incoming.query), around);
  const { page, understood } = parsed instanceof FhirError ? { page: { count: 1 }, understood: [] } : parsed;
  const fault = parsed instanceof FhirError ? { fault: parsed } : {};
  switch (route.kind) {
    case 'history-system':
      return { asked: { kind: route.kind, page, understood, ...fault }, ...query, understood };
    case 'history-type':
    case 'history-instance':
      return { asked: { kind: 'look', intent: { ...route, page }, understood, ...fault }, ...query, understood };
  }
};

/** `_summary` and `_elements` of a read; whatever else stands there is none of a read's business. */
const subsetOf = (params: URLSearchParams, around: Surroundings): { readonly subset?: Subset } | FhirError => {
  let subset: Subset | undefined;
  for (const name of ['_summary', '_elements']) {
    const values = params.getAll(name);
    const [value] = values;
    if (value === undefined) continue;
    const reading = { ...around.limits, handling: around.handling, ownBases: around.ownBases, now: around.now };
    const shape = parseShape(name, value, [], reading);
    const sound = shape !== undefined && !('code' in shape) && !('countOnly' in shape) && values.length === 1;
    if (!sound || (shape.subset !== undefined && subset !== undefined))
      return fhirError(400, 'invalid', `${name} of a read is one of those of a search, given once`);
    subset = shape.subset ?? subset;
  }
  return subset === undefined ? {} : { subset };
};

export const readAsked = (incoming: Incoming, route: Of<'read'> | Of<'vread'>, around: Surroundings): AskedRequest => {
  const subset = subsetOf(new URLSearchParams(incoming.query), around);
  if (subset instanceof FhirError) return { asked: { kind: 'look', intent: route, fault: subset } };
  return { asked: { kind: 'look', intent: route }, ...subset };
};

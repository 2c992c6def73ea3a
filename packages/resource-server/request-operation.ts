/** What is asked by the operations that are offered. FHIR R4 operations.html; US Core 6.1.0 OperationDefinition-docref. */
import type { EverythingOf } from '@affinity/core/fhir/backend.ts';
import { dateRange } from '@affinity/core/fhir/date-range.ts';
import { FhirError, fhirError } from '@affinity/core/fhir/outcome.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import type { Route } from './api.ts';
import type { AskedRequest, ToValidate } from './asked.ts';
import { recordableQuery } from './audit-trail.ts';
import type { Incoming } from './incoming.ts';
import { countOf, instantOf, openPage, type Surroundings, searchOf } from './parameters.ts';
import { validationOf } from './validate-input.ts';

type OperationRoute = Extract<Route, { kind: 'operation'; operation: unknown }>;

/** The simple values of a Parameters resource, as if they stood in the URL. */
const simpleParameters = ({ parameter }: Resource): readonly (readonly [string, string])[] | FhirError => {
  const pairs: [string, string][] = [];
  for (const each of Array.isArray(parameter) ? parameter : []) {
    const entry: Readonly<Record<string, unknown>> = typeof each === 'object' && each !== null ? each : {};
    const value = Object.entries(entry).find(([key]) => key.startsWith('value'))?.[1];
    const simple = typeof value === 'string' || typeof value === 'boolean' || typeof value === 'number';
    if (typeof entry.name !== 'string' || !simple)
      return fhirError(400, 'invalid', 'a parameter here has a name and a simple value', 'Parameters.parameter');
    pairs.push([entry.name, String(value)]);
  }
  return pairs;
};

/** Of the URL and, where it was posted with a body, of the Parameters in it. */
const parametersOf = async (incoming: Incoming, posted: boolean): Promise<URLSearchParams | FhirError> => {
  const params = new URLSearchParams(incoming.query);
  if (!posted || !incoming.headers.has('content-type')) return params;
  const loaded = await incoming.content({ type: 'Parameters' });
  if (loaded instanceof FhirError) return loaded;
  if (loaded.fault !== undefined) return loaded.fault;
  const pairs = simpleParameters(loaded.content.resource);
  if (pairs instanceof FhirError) return pairs;
  for (const [name, value] of pairs) params.append(name, value);
  return params;
};

const unreadable = (name: string, wanted: string): FhirError => fhirError(400, 'invalid', `${name} is ${wanted}`);

type Wanted = { -readonly [Name in keyof EverythingOf]: EverythingOf[Name] };

/** Takes one parameter of `$everything` up; the fault where it cannot be read, false where it is not known. */
const take = (wanted: Wanted, name: string, value: string, around: Surroundings): FhirError | boolean => {
  switch (name) {
    case 'start':
    case 'end': {
      const range = dateRange(value);
      if (range === undefined) return unreadable(name, 'a date, such as 2026-05-03');
      wanted[name] = range[name];
      return true;
    }
    case '_since': {
      const since = instantOf(value);
      if (since === undefined) return unreadable(name, 'an instant, such as 2026-05-03T10:15:30Z');
      wanted.since = since;
      return true;
    }
    case '_type': {
      const types = value.split(',');
      if (types.some((type) => !around.offer.types.has(type)))
        return fhirError(400, 'not-supported', '_type names a type that is not offered');
      wanted.types = [...new Set(types)];
      return true;
    }
    case '_count': {
      const count = countOf(value, around.limits);
      if (typeof count !== 'number') return count;
      wanted.count = count;
      return true;
    }
    default:
      return false;
  }
};

const everythingOf = (
  patient: string,
  given: URLSearchParams,
  around: Surroundings,
): { readonly of: EverythingOf; readonly understood: [string, string][] } | FhirError => {
  const opened = openPage(given, `Patient/${patient}/$everything`, around);
  if (opened instanceof FhirError) return opened;
  const of: Wanted = { patient, types: [], count: around.limits.defaultCount };
  if (opened.cursor !== undefined) of.cursor = opened.cursor;
  const understood: [string, string][] = [];
  for (const [name, value] of opened.params) {
    if (name === '_format' || name === '_pretty') continue;
    if (understood.some(([known]) => known === name)) return fhirError(400, 'invalid', `${name} may be given once`);
    const taken = take(of, name, value, around);
    if (taken instanceof FhirError) return taken;
    if (!taken) return fhirError(400, 'not-supported', '$everything takes start, end, _since, _type and _count');
    understood.push([name, value]);
  }
  return { of, understood };
};

/** US Core: the documents of a patient; those that exist, since none is made on demand. */
const documentSearch = (given: URLSearchParams): URLSearchParams | FhirError => {
  const params = new URLSearchParams();
  for (const [name, value] of given) {
    switch (name) {
      case 'patient':
      case 'type':
        params.append(name, value);
        break;
      case 'start':
        params.append('period', `ge${value}`);
        break;
      case 'end':
        params.append('period', `le${value}`);
        break;
      case 'on-demand':
        if (value !== 'false') return fhirError(400, 'not-supported', 'documents are not made on demand');
        break;
      case '_format':
      case '_pretty':
        break;
      default:
        return fhirError(400, 'not-supported', '$docref takes patient, start, end, type and on-demand');
    }
  }
  return given.getAll('patient').length === 1
    ? params
    : fhirError(400, 'required', '$docref needs the parameter patient, once');
};

const documentsAsked = (params: URLSearchParams | FhirError, around: Surroundings): AskedRequest['asked'] => {
  const type = 'DocumentReference';
  const capability = around.offer.types.get(type) ?? { type, interactions: [], searchParams: [], sort: [] };
  const wanted = params instanceof FhirError ? params : documentSearch(params);
  const parsed = wanted instanceof FhirError ? wanted : searchOf(capability, wanted, { ...around, handling: 'strict' });
  const nothing = { type, clauses: [], count: 0, sort: [], total: 'none', understood: [] } as const;
  return parsed instanceof FhirError
    ? { kind: 'look', intent: { kind: 'search-type', type, query: nothing }, fault: parsed }
    : { kind: 'look', intent: { kind: 'search-type', type, query: parsed.query } };
};

const toValidate = async (
  incoming: Incoming,
  at: { readonly type: string; readonly id?: string },
): Promise<ToValidate | FhirError> => {
  const isSent = incoming.headers.has('content-type') || incoming.entry?.resource !== undefined;
  const json = isSent ? await incoming.json() : undefined;
  return json instanceof FhirError ? json : validationOf(json, at, new URLSearchParams(incoming.query));
};

export const operationAsked = async (
  incoming: Incoming,
  { operation, type, id = '', posted }: OperationRoute,
  around: Surroundings,
): Promise<AskedRequest> => {
  const query = { query: recordableQuery(incoming.query) };
  switch (operation) {
    case 'everything': {
      const params = await parametersOf(incoming, posted);
      const parsed = params instanceof FhirError ? params : everythingOf(id, params, around);
      if (!(parsed instanceof FhirError)) return { asked: { kind: 'everything', ...parsed }, ...query };
      const of = { patient: id, types: [], count: 1 };
      return { asked: { kind: 'everything', of, understood: [], fault: parsed }, ...query };
    }
    case 'docref':
      return { asked: documentsAsked(await parametersOf(incoming, posted), around), ...query };
    case 'meta':
      return { asked: { kind: 'meta', type, id } };
    case 'validate': {
      const at = { type, ...(id === '' ? {} : { id }) };
      return { asked: { kind: 'validate', ...at, load: () => toValidate(incoming, at) } };
    }
  }
};

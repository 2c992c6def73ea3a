/** What is to be validated: a resource by itself, or in Parameters with a profile and a mode. FHIR R4 resource-operation-validate.html. */
import { type ExactObject, isExactObject, parseExact, printExact } from '@affinity/core/fhir/exact-json.ts';
import { type FhirError, fhirError } from '@affinity/core/fhir/outcome.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { type ToValidate, type ValidationMode, validationModes } from './asked.ts';

const isMode = (text: string): text is ValidationMode => validationModes.some((mode) => mode === text);
const known = new Set(['profile', 'mode']);

interface Sent {
  readonly resource?: ExactObject;
  readonly values: readonly (readonly [string, string])[];
}

/** The resource and the values of a Parameters. */
const inParameters = ({ parameter }: ExactObject): Sent => {
  const parameters = Array.isArray(parameter) ? parameter.filter(isExactObject) : [];
  const resource = parameters.find(({ name }) => name === 'resource')?.resource;
  const values = parameters.flatMap((each): [string, string][] => {
    const value = each.valueUri ?? each.valueCanonical ?? each.valueCode ?? each.valueString;
    if (typeof each.name !== 'string' || each.name === 'resource') return [];
    return [[each.name, typeof value === 'string' ? value : '']];
  });
  return { values, ...(isExactObject(resource) ? { resource } : {}) };
};

/**
 * `json` must have passed `parseJson`; undefined: nothing was sent. What is faulty in the resource is what the operation
 * tells. With an `id`, the stored resource is meant where none is sent.
 */
export const validationOf = (
  json: string | undefined,
  { type, id }: { readonly type: string; readonly id?: string },
  query: URLSearchParams,
): ToValidate | FhirError => {
  const body = json === undefined ? undefined : parseExact(json);
  if (body !== undefined && !isExactObject(body)) return fhirError(400, 'structure', 'a resource is expected');
  const wrapped = body?.resourceType === 'Parameters' && type !== 'Parameters';
  const sent: Sent = wrapped ? inParameters(body) : { values: [], ...(body === undefined ? {} : { resource: body }) };
  const given = new Map<string, string>();
  for (const [name, value] of [...query, ...sent.values]) {
    if (name === '_format' || name === '_pretty') continue;
    if (!known.has(name)) return fhirError(400, 'not-supported', '$validate takes resource, profile and mode');
    if (given.has(name)) return fhirError(400, 'invalid', `$validate takes ${name} once`);
    given.set(name, value);
  }
  const mode = given.get('mode');
  if (mode !== undefined && !isMode(mode))
    return fhirError(400, 'value', `mode is one of ${validationModes.join(', ')}`);
  const profile = given.get('profile');
  if (profile !== undefined && !/^[a-z]+:\S+$/.test(profile))
    return fhirError(400, 'value', 'profile is the canonical URL of a profile');
  if (mode === 'profile' && profile === undefined)
    return fhirError(400, 'required', 'mode profile goes with a profile');
  const { resource } = sent;
  if (resource === undefined && id === undefined)
    return fhirError(400, 'required', '$validate needs the resource, as the body or as the parameter resource');
  if (resource !== undefined && resource.resourceType !== type)
    return fhirError(400, 'invalid', 'the resourceType is not that of the URL', 'resourceType');
  const text = resource === undefined ? undefined : printExact(resource);
  return {
    ...(text === undefined ? {} : { content: { resource: JSON.parse(text) as Resource, json: text } }),
    ...(profile === undefined ? {} : { profile }),
    ...(mode === undefined ? {} : { mode }),
  };
};

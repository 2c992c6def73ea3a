/** What is to be validated: a resource by itself, or in Parameters with a profile and a mode. FHIR R4 resource-operation-validate.html. */
import { isExactObject, parseExact, printExact } from '@affinity/core/fhir/exact-json.ts';
import { type FhirError, fhirError } from '@affinity/core/fhir/outcome.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import type { ToValidate } from './asked.ts';

const modes = new Set(['create', 'update']);

/** `json` must have passed `parseJson`. What is faulty in the resource is what the operation tells. */
export const validationOf = (json: string, type: string, query: URLSearchParams): ToValidate | FhirError => {
  const sent = parseExact(json);
  if (!isExactObject(sent)) return fhirError(400, 'structure', 'a resource is expected');
  const given = new Map<string, string>();
  for (const [name, value] of query) if (name !== '_format' && name !== '_pretty') given.set(name, value);
  let resource = sent;
  if (sent.resourceType === 'Parameters' && type !== 'Parameters') {
    const parameters = Array.isArray(sent.parameter) ? sent.parameter.filter(isExactObject) : [];
    const inner = parameters.find(({ name }) => name === 'resource')?.resource;
    if (!isExactObject(inner))
      return fhirError(400, 'required', 'the parameter resource is expected', 'Parameters.parameter');
    resource = inner;
    for (const each of parameters) {
      const value = each.valueUri ?? each.valueCanonical ?? each.valueCode ?? each.valueString;
      if (typeof each.name === 'string' && each.name !== 'resource')
        given.set(each.name, typeof value === 'string' ? value : '');
    }
  }
  const unknown = [...given.keys()].find((name) => name !== 'profile' && name !== 'mode');
  if (unknown !== undefined) return fhirError(400, 'not-supported', '$validate takes resource, profile and mode');
  const mode = given.get('mode');
  if (mode !== undefined && !modes.has(mode)) return fhirError(400, 'not-supported', 'mode is create or update');
  const profile = given.get('profile');
  if (resource.resourceType !== type)
    return fhirError(400, 'invalid', 'the resourceType is not that of the URL', 'resourceType');
  const text = printExact(resource);
  return {
    content: { resource: JSON.parse(text) as Resource, json: text },
    ...(profile === undefined ? {} : { profile }),
    ...(mode === undefined ? {} : { mode }),
  };
};

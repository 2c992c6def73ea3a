/** What else is in context, checked to the letter: objects, never strings. SMART App Launch 2.2, "fhirContext". */

import { isResourceId } from '../fhir/resource.ts';
import { isResourceType } from '../fhir/resource-type.ts';
import type { FhirContextItem } from './launch-context.ts';

export type FhirContext =
  | { readonly kind: 'context'; readonly items: readonly FhirContextItem[] }
  | { readonly kind: 'fault'; readonly reason: string };

/** Roles that SMART itself defines: any other is an absolute URI. */
const relativeRoles: readonly string[] = ['launch'];
const members: readonly string[] = ['reference', 'canonical', 'identifier', 'type', 'role'];

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isText = (value: unknown, most = 1000): value is string =>
  typeof value === 'string' && value.length > 0 && value.length <= most && !/\p{Cc}/u.test(value);
const isAbsoluteUri = (text: string): boolean => /^[a-z][a-z0-9+.-]*:[^\s]+$/i.test(text);

function identifierFault(given: unknown): string | undefined {
  if (!isObject(given)) return 'identifier must be an object';
  if (Object.keys(given).some((name) => name !== 'system' && name !== 'value'))
    return 'identifier holds something else than system and value';
  if (!isText(given.value)) return 'identifier.value must be a string';
  return given.system === undefined || (isText(given.system) && isAbsoluteUri(given.system))
    ? undefined
    : 'identifier.system must be an absolute URI';
}

function roleFault({ role }: Readonly<Record<string, unknown>>): string | undefined {
  if (role === undefined) return undefined;
  if (!isText(role)) return 'role must be a string that is not empty';
  return relativeRoles.includes(role) || isAbsoluteUri(role)
    ? undefined
    : `role must be an absolute URI, or ${relativeRoles.join(' or ')}`;
}

function itemFault(item: unknown): string | undefined {
  if (!isObject(item)) return 'must be an object';
  const unknown = Object.keys(item).find((name) => !members.includes(name));
  if (unknown !== undefined) return `may hold ${members.join(', ')}`;
  const { reference, canonical, identifier, type, role } = item;
  if (reference === undefined && canonical === undefined && identifier === undefined)
    return 'needs reference, canonical or identifier';
  const [named = '', id = '', ...more] = isText(reference) ? reference.split('/') : [];
  if (reference !== undefined && !(isResourceType(named) && isResourceId(id) && more.length === 0))
    return 'reference must be relative, such as ImagingStudy/12';
  if (canonical !== undefined && !(isText(canonical) && isAbsoluteUri(canonical)))
    return 'canonical must be an absolute URI';
  const fault = (identifier === undefined ? undefined : identifierFault(identifier)) ?? roleFault(item);
  if (fault !== undefined) return fault;
  if (type !== undefined && !(typeof type === 'string' && isResourceType(type)))
    return 'type must be a type of FHIR R4';
  if (reference !== undefined && type !== undefined && type !== named) return 'type and reference do not agree';
  // They have parameters of their own: said twice, they could say two things.
  const isInContext = [named, type].some((one) => one === 'Patient' || one === 'Encounter');
  return isInContext && (role === undefined || role === 'launch')
    ? 'names a Patient or an Encounter, which needs a role other than launch'
    : undefined;
}

export function parseFhirContext(given: unknown): FhirContext {
  if (!Array.isArray(given)) return { kind: 'fault', reason: 'fhirContext must be an array' };
  for (const [at, item] of given.entries()) {
    const fault = itemFault(item);
    if (fault !== undefined) return { kind: 'fault', reason: `fhirContext[${at}] ${fault}` };
  }
  return { kind: 'context', items: given as readonly FhirContextItem[] };
}

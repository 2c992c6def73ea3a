/** What is asked by `$gather` and `$locate`, read strictly: a parameter that is passed over would widen an answer. FHIR R4 search.html. */
import { ownerElements } from '@affinity/core/fhir/compartment.ts';
import { type FhirError, fhirError } from '@affinity/core/fhir/outcome.ts';
import { isResourceId } from '@affinity/core/fhir/resource.ts';
import { isResourceType } from '@affinity/core/fhir/resource-type.ts';
import type { Named } from './whereabouts.ts';

export type Pairs = readonly (readonly [name: string, value: string])[];

export interface GatherAsked {
  readonly types: readonly string[];
  readonly params: Pairs;
  readonly count: number;
  /** a page of an answer that was begun */
  readonly page?: string;
}

export interface GatherLimits {
  readonly defaultCount: number;
  readonly maxCount: number;
  readonly maxTypes: number;
  readonly maxParameters: number;
}

const bad = (diagnostics: string): FhirError => fhirError(400, 'invalid', diagnostics);
const presentation: ReadonlySet<string> = new Set(['_format', '_pretty']);
/** Whom it is about is said by the path alone. */
const persons: ReadonlySet<string> = new Set(['patient', 'subject', '_id']);

export const readTypes = (value: string, most: number): readonly string[] | FhirError => {
  const types = [...new Set(value.split(','))];
  if (types.length > most) return bad(`_type names more than ${most} types`);
  const unknown = types.some(
    (type) => !isResourceType(type) || (ownerElements[type] === undefined && type !== 'Patient'),
  );
  return unknown ? fhirError(400, 'not-supported', '_type names a type that is nobody’s record') : types;
};

export const readGather = (pairs: Pairs, limits: GatherLimits): GatherAsked | FhirError => {
  let types: readonly string[] | FhirError | undefined;
  let count = limits.defaultCount;
  let page: string | undefined;
  const params: [string, string][] = [];
  for (const [name, value] of pairs) {
    const [bare = ''] = name.split(/[:.]/);
    if (presentation.has(name)) continue;
    if (name === '_type' && types === undefined) types = readTypes(value, limits.maxTypes);
    else if (name === '_page' && page === undefined) page = value;
    else if (name === '_count') {
      if (!/^[1-9]\d{0,6}$/.test(value)) return bad('_count is a whole number from 1');
      count = Math.min(Number(value), limits.maxCount);
    } else if (name === '_lastUpdated' || (!name.startsWith('_') && !persons.has(bare))) params.push([name, value]);
    else
      return fhirError(400, 'not-supported', `${name.slice(0, 64)} is not possible in a search over several servers`);
  }
  if (types !== undefined && 'status' in types) return types;
  if (params.length > limits.maxParameters) return bad(`more than ${limits.maxParameters} search parameters`);
  if (page !== undefined) return { types: [], params: [], count, page };
  return types === undefined
    ? fhirError(400, 'required', '_type is needed: what is to be gathered')
    : { types, params, count };
};

export interface LocateAsked {
  readonly named: Named;
  /** absent: those that are usual */
  readonly types?: readonly string[];
}

const namedBy = (name: string, value: string): Named | FhirError => {
  if (name === 'identifier') {
    const [, system = '', code = ''] = /^([^|]+)\|([^|]+)$/.exec(value) ?? [];
    return system === ''
      ? bad('identifier is written system|value')
      : { kind: 'identifier', identifier: { system, value: code } };
  }
  const [, base = '', patient = ''] =
    /^(https?:\/\/[^\s?#]+)\/Patient\/([A-Za-z0-9\-.]{1,64})$/.exec(value) ??
    /^()(?:Patient\/)?([A-Za-z0-9\-.]{1,64})$/.exec(value) ??
    [];
  if (patient === '') return bad('patient is an id, or the URL of a Patient at a server of the domain');
  return base === '' ? { kind: 'person', person: patient } : { kind: 'place', base, patient };
};

/** @param id of the path, where it names a person; @param own base of the locator */
export const readLocate = (
  pairs: Pairs,
  id: string | undefined,
  own: string,
  { maxTypes }: Pick<GatherLimits, 'maxTypes'>,
): LocateAsked | FhirError => {
  let named: Named | FhirError | undefined =
    id !== undefined && isResourceId(id) ? { kind: 'person', person: id } : undefined;
  let types: readonly string[] | FhirError | undefined;
  for (const [name, value] of pairs) {
    if (presentation.has(name)) continue;
    if (name === '_type' && types === undefined) types = readTypes(value, maxTypes);
    else if ((name === 'identifier' || name === 'patient') && named === undefined) named = namedBy(name, value);
    else return bad('$locate takes one of patient and identifier, once, and _type');
  }
  if (named === undefined) return fhirError(400, 'required', '$locate needs patient or identifier');
  if ('status' in named) return named;
  if (types !== undefined && 'status' in types) return types;
  const self: Named = named.kind === 'place' && named.base === own ? { kind: 'person', person: named.patient } : named;
  return { named: self, ...(types === undefined ? {} : { types }) };
};

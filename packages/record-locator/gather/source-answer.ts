/**
 * What a server answered, checked before any of it is shown: the type that was asked for, the person that was asked about, and
 * links of its own. Numbers keep their text. FHIR R4 http.html#search, bundle.html, json.html#primitive.
 */
import { ownerElements } from '@affinity/core/fhir/compartment.ts';
import {
  type Exact,
  type ExactObject,
  isExactNumber,
  isExactObject,
  numberText,
  parseExact,
} from '@affinity/core/fhir/exact-json.ts';
import { parseJson } from '@affinity/core/fhir/json.ts';
import { parseReference } from '@affinity/core/fhir/reference.ts';
import { isResourceId } from '@affinity/core/fhir/resource.ts';
import { isUnder } from './source.ts';

export interface Found {
  readonly id: string;
  readonly resource: ExactObject;
}

export interface SourcePage {
  readonly found: readonly Found[];
  /** absolute, and under the base */
  readonly next?: string;
  readonly total?: number;
}

export interface AskedOf {
  readonly base: string;
  readonly type: string;
  /** id of the patient there */
  readonly patient: string;
}

/** Deeper than any resource nests, in a Bundle within a Bundle. */
const deepest = 80;

export const listOf = (value: Exact | undefined): readonly ExactObject[] =>
  Array.isArray(value) ? value.filter(isExactObject) : [];

/** Undefined: it is no object of JSON that is safe to look at. */
export const readObject = (text: string): ExactObject | undefined => {
  const parsed = parseJson(text, { depth: deepest });
  const exact = parsed.kind === 'ok' ? parseExact(text) : undefined;
  return isExactObject(exact) ? exact : undefined;
};

/** Whether it is of this person and of nobody else: a server that mixes two people up is not believed at all. */
const isAbout = (resource: ExactObject, { base, type, patient }: AskedOf): boolean => {
  if (type === 'Patient') return resource.id === patient;
  const element = ownerElements[type];
  const value = element === undefined ? undefined : resource[element];
  const references = Array.isArray(value) ? value : [value];
  return references.every((one) => {
    const reference = isExactObject(one) ? one.reference : undefined;
    const target = typeof reference === 'string' ? parseReference(reference, [base]) : undefined;
    return target?.kind === 'local' && target.type === 'Patient' && target.id === patient;
  });
};

const countOf = (value: Exact | undefined): number | undefined => {
  const count = isExactNumber(value) ? Number(numberText(value)) : undefined;
  return count !== undefined && Number.isSafeInteger(count) && count >= 0 ? count : undefined;
};

/** A searchset; undefined for whatever else it is. What is included or told beside the matches was not asked for. */
export const readSearchset = (bundle: Exact | undefined, asked: AskedOf): SourcePage | undefined => {
  if (!isExactObject(bundle) || bundle.resourceType !== 'Bundle' || bundle.type !== 'searchset') return undefined;
  const found: Found[] = [];
  for (const { resource, search } of listOf(bundle.entry)) {
    if (isExactObject(search) && search.mode !== undefined && search.mode !== 'match') continue;
    if (!isExactObject(resource) || resource.resourceType !== asked.type || !isAbout(resource, asked)) return undefined;
    const { id } = resource;
    if (typeof id !== 'string' || !isResourceId(id)) return undefined;
    found.push({ id, resource });
  }
  const next = listOf(bundle.link).find(({ relation }) => relation === 'next')?.url;
  if (next !== undefined && (typeof next !== 'string' || !isUnder(asked.base, next))) return undefined;
  const total = countOf(bundle.total);
  return { found, ...(next === undefined ? {} : { next }), ...(total === undefined ? {} : { total }) };
};

/** The answers of a batch, one for each that was asked, in their order. */
export const readBatch = (bundle: ExactObject | undefined, asked: number): readonly ExactObject[] | undefined => {
  if (bundle?.resourceType !== 'Bundle' || bundle.type !== 'batch-response') return undefined;
  const entries = listOf(bundle.entry);
  return entries.length === asked ? entries : undefined;
};

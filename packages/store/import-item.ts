/** One resource on its way in: from a source, through the checks, to what a batch stores. FHIR R4 json.html, validation.html. */
import { randomUUID } from 'node:crypto';
import { type Member, parseJson, rewriteJson } from '@affinity/core/fhir/json.ts';
import { isResourceId, type Resource } from '@affinity/core/fhir/resource.ts';
import { checkShape } from '@affinity/core/fhir/resource-shape.ts';
import { isStored } from './capability.ts';
import { withoutNul } from './sql.ts';
import { resourceKey, type Term } from './terms.ts';
import { toInstant } from './version-row.ts';

/**
 * What a source gives: a resource that a program made and that is trusted to be sound, the JSON text of one, which is
 * checked, or what could not be read. `origin` says where it stood.
 */
export type ImportItem =
  | { readonly kind: 'resource'; readonly resource: Resource; readonly origin?: string }
  /** `id` stands in where the resource has none; `as` is the id that it is stored under, whatever it says itself */
  | {
      readonly kind: 'json';
      readonly json: string;
      readonly id?: string;
      readonly as?: string;
      readonly origin: string;
    }
  | { readonly kind: 'refused'; readonly reason: string; readonly origin: string };

export interface PreparedResource {
  readonly rid: Term;
  readonly type: string;
  readonly id: string;
  readonly origin: string;
  /** characters of JSON text, where it came as text */
  readonly size: number;
  /** as it will be stored, but for its version */
  readonly resource: Resource;
  /** the text to store as this version */
  readonly bodyOf: (version: number, lastUpdated: number) => string;
}

export type Preparation =
  | { readonly kind: 'ready'; readonly prepared: PreparedResource }
  | { readonly kind: 'refused'; readonly reason: string; readonly origin: string };

const faultReasons = {
  syntax: 'not JSON',
  depth: 'JSON that is nested too deep',
  'duplicate-key': 'JSON that repeats a key',
  proto: 'JSON with a key that is not allowed',
} as const;

/** Why a text is not sound JSON, in words that hold nothing of it. */
export const faultReason = (fault: keyof typeof faultReasons): string => faultReasons[fault];

const notStored = 'a type that is not stored';

const isObject = (value: unknown): value is Resource =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Why a resource is not taken; places in lists are left out, so that the same fault has the same reason. */
const refusalOf = (resource: unknown): string | undefined => {
  const [issue] = checkShape(resource);
  if (issue !== undefined) {
    const where = issue.expression?.[0]?.replaceAll(/\[\d+\]/g, '') ?? '';
    return `${where.slice(0, 100)}: ${issue.diagnostics ?? issue.code}`;
  }
  return isObject(resource) && isStored(resource.resourceType) ? undefined : notStored;
};

/** A resource as an object has lost nothing yet, so it is simply printed. */
const printedBody =
  (resource: Resource, id: string): PreparedResource['bodyOf'] =>
  (version, lastUpdated) => {
    const { resourceType, meta, id: _, ...elements } = resource;
    const ours = { ...meta, versionId: String(version), lastUpdated: toInstant(lastUpdated) };
    return JSON.stringify({ resourceType, id, meta: ours, ...elements });
  };

const textBody =
  (json: string, members: readonly Member[], id: string): PreparedResource['bodyOf'] =>
  (version, lastUpdated) =>
    rewriteJson(json, members, { id, meta: { versionId: String(version), lastUpdated: toInstant(lastUpdated) } });

/** Checks one item. */
export const prepareItem = (item: ImportItem): Preparation => {
  if (item.kind === 'refused') return item;
  const origin = item.origin ?? '';
  const size = item.kind === 'json' ? item.json.length : 0;
  const refused = (reason: string): Preparation => ({ kind: 'refused', reason: withoutNul(reason), origin });
  const ready = (resource: Resource, id: string, bodyOf: PreparedResource['bodyOf']): Preparation => {
    const { resourceType: type } = resource;
    const prepared = { rid: resourceKey(type, id), type, id, size, resource: { ...resource, id }, bodyOf };
    return { kind: 'ready', prepared: { ...prepared, origin: origin || `${type}/${id}` } };
  };
  if (item.kind === 'resource') {
    const { resource } = item;
    const id = resource.id ?? randomUUID();
    if (!isStored(resource.resourceType)) return refused(notStored);
    if (!isResourceId(id)) return refused(`${resource.resourceType}.id: not a valid id`);
    return ready(resource, id, printedBody(resource, id));
  }
  const parsed = parseJson(item.json);
  if (parsed.kind === 'fault') return refused(faultReason(parsed.fault));
  const reason = refusalOf(parsed.value);
  if (reason !== undefined || !isObject(parsed.value)) return refused(reason ?? 'not a resource');
  const id = item.as ?? parsed.value.id ?? item.id ?? randomUUID();
  return ready(parsed.value, id, textBody(item.json, parsed.members, id));
};

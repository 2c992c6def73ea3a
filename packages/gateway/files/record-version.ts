/** A record of the table as a version that leaves, and a change as the version that it makes. FHIR R4 resource.html#Meta, json.html. */
import { hash } from 'node:crypto';
import { type Exact, type ExactObject, isExactObject, parseExact, printExact } from '@affinity/core/fhir/exact-json.ts';
import { parseJson } from '@affinity/core/fhir/json.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { checkShape } from '@affinity/core/fhir/resource-shape.ts';
import type { Held } from '../source.ts';
import { type RecordChange, Refused } from './record-change.ts';

export interface StoredRecord {
  readonly type: string;
  readonly id: string;
  readonly version: number;
  readonly updatedAt: number;
  readonly body: string;
}

export const heldOf = ({ type, id, version, updatedAt, body }: StoredRecord): Held => ({
  type,
  id,
  versionId: String(version),
  lastUpdated: new Date(updatedAt).toISOString(),
  body,
  resource: JSON.parse(body) as Resource,
});

/** What was said of a record, without what the gateway says. */
const elementsIn = (body: string): ExactObject => {
  const tree: Exact = parseExact(body);
  if (!isExactObject(tree)) return {};
  const { resourceType: _, id: __, meta, ...elements } = tree;
  const { versionId: ___, lastUpdated: ____, ...more } = isExactObject(meta) ? meta : {};
  return Object.keys(more).length === 0 ? elements : { meta: more, ...elements };
};

/** What a record says once the change has been made, by what it said before. */
export const elementsAfter = (change: RecordChange, before: string | undefined): ExactObject => {
  const { elements, emptied = [], says } = change;
  if (says !== 'part') return elements;
  const kept = before === undefined ? {} : elementsIn(before);
  return Object.fromEntries(
    Object.entries({ ...kept, ...elements }).filter(
      ([name]) => Object.hasOwn(elements, name) || !emptied.includes(name),
    ),
  );
};

export const digestOf = (elements: ExactObject): string => hash('sha256', printExact(elements)).slice(0, 32);

/** @throws Refused where it is no resource of FHIR */
export const checkResource = (resource: Resource): void => {
  const [issue] = checkShape(resource);
  if (issue === undefined) return;
  const { resourceType: type } = resource;
  const at = issue.expression?.[0] ?? type;
  throw new Refused(`no ${type} can be made of it: ${at}: ${issue.diagnostics ?? issue.code}`);
};

/** @throws Refused where it is no JSON of FHIR */
export const printVersion = (
  { type, id }: Pick<RecordChange, 'type' | 'id'>,
  elements: ExactObject,
  { version, updatedAt }: Pick<StoredRecord, 'version' | 'updatedAt'>,
): StoredRecord & { readonly resource: Resource } => {
  const { meta, ...others } = elements;
  const ours = { versionId: String(version), lastUpdated: new Date(updatedAt).toISOString() };
  const all = { resourceType: type, id, meta: { ...(isExactObject(meta) ? meta : {}), ...ours }, ...others };
  const body = printExact(all);
  const parsed = parseJson(body);
  if (parsed.kind !== 'ok') throw new Refused(`no ${type} can be made of it: ${parsed.fault}`);
  return { type, id, version, updatedAt, body, resource: parsed.value as Resource };
};

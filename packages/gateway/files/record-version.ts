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
export const elementsIn = (body: string): ExactObject => {
  const tree: Exact = parseExact(body);
  if (!isExactObject(tree)) return {};
  const { resourceType: _, id: __, meta, ...elements } = tree;
  const { versionId: ___, lastUpdated: ____, ...more } = isExactObject(meta) ? meta : {};
  return Object.keys(more).length === 0 ? elements : { meta: more, ...elements };
};

/** Elements of which a message may say one part and keep the other. */
const inParts: readonly string[] = ['period', 'hospitalization'];

const mergeParts = (kept: ExactObject, said: ExactObject): ExactObject => {
  const both = inParts.flatMap((name) => {
    const [before, after] = [kept[name], said[name]];
    return isExactObject(before) && isExactObject(after) ? [[name, { ...before, ...after }] as const] : [];
  });
  return { ...kept, ...said, ...Object.fromEntries(both) };
};

const without = (elements: ExactObject, path: string): ExactObject => {
  const [name = '', inner] = path.split('.');
  const { [name]: value, ...others } = elements;
  if (inner === undefined || !isExactObject(value)) return others;
  const { [inner]: _, ...rest } = value;
  return Object.keys(rest).length === 0 ? others : { ...elements, [name]: rest };
};

const withItems = (elements: ExactObject, name: string, items: readonly Exact[]): ExactObject => {
  const before = elements[name];
  const list = Array.isArray(before) ? before : [];
  const known = new Set(list.map((item) => printExact(item)));
  return { ...elements, [name]: [...list, ...items.filter((item) => !known.has(printExact(item)))] };
};

/** What a record says once the change has been made, by what it said before. */
export const elementsAfter = (change: RecordChange, before: string | undefined): ExactObject => {
  const { elements, emptied = [], added = {}, otherwise = {}, says } = change;
  const kept = says !== 'part' || before === undefined ? {} : elementsIn(before);
  const merged = mergeParts(emptied.reduce(without, kept), elements);
  const extended = Object.entries(added).reduce((made, [name, items]) => withItems(made, name, items), merged);
  return { ...otherwise, ...extended };
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

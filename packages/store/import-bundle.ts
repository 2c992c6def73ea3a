/** One JSON document of an import: a resource, or a Bundle whose entries are. FHIR R4 bundle.html. */
import { parseJson } from '@affinity/core/fhir/json.ts';
import { isResourceId } from '@affinity/core/fhir/resource.ts';
import { faultReason, type ImportItem } from './import-item.ts';
import { arrayElements } from './json-array.ts';

const takenTypes = new Set(['collection', 'transaction', 'batch', 'searchset']);

interface Entry {
  readonly origin: string;
  readonly json: string;
  /** where the entry says that its resource is known */
  readonly fullUrl?: string;
  readonly type?: string;
  readonly id?: string;
  readonly method: string;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** The text of a member of an object, and the object. */
const memberText = (json: string, key: string): string | undefined => {
  const parsed = parseJson(json);
  const member = parsed.kind === 'ok' ? parsed.members.find((one) => one.key === key) : undefined;
  return member && json.slice(member.valueStart, member.valueEnd);
};

/** `urn:uuid:` gives an entry's resource its id where it has none, so that the same Bundle again is the same resources. */
const uuidOf = (fullUrl: string | undefined): string | undefined =>
  /^urn:uuid:([0-9a-f-]{36})$/i.exec(fullUrl ?? '')?.[1]?.toLowerCase();

const readEntry = (value: unknown, json: string, origin: string): Entry | undefined => {
  const resource = isObject(value) ? value.resource : undefined;
  const resourceText = memberText(json, 'resource');
  if (!isObject(value) || !isObject(resource) || resourceText === undefined) return undefined;
  const fullUrl = text(value.fullUrl);
  const type = text(resource.resourceType);
  const id = text(resource.id) ?? uuidOf(fullUrl);
  const method = isObject(value.request) ? (text(value.request.method) ?? 'PUT') : 'PUT';
  return {
    origin,
    json: resourceText,
    method,
    ...(fullUrl === undefined ? {} : { fullUrl }),
    ...(type === undefined ? {} : { type }),
    ...(id === undefined ? {} : { id }),
  };
};

/**
 * References to an entry by its fullUrl become `Type/id` (http.html#trules). In sound JSON `"reference":` cannot stand
 * inside a string, because the quotes would be escaped there.
 */
const rewriteReferences = (json: string, places: ReadonlyMap<string, string>): string =>
  places.size === 0
    ? json
    : json.replace(/("reference"\s*:\s*)"([^"\\]*)"/g, (whole, lead: string, reference: string) => {
        const place = places.get(reference);
        return place === undefined ? whole : `${lead}"${place}"`;
      });

const bundleItems = (bundle: Readonly<Record<string, unknown>>, json: string, origin: string): ImportItem[] => {
  const type = text(bundle.type) ?? '';
  if (!takenTypes.has(type)) {
    const named = /^[a-z-]{1,30}$/.test(type) ? `of type ${type}` : 'without a type';
    return [{ kind: 'refused', reason: `a Bundle ${named}`, origin }];
  }
  const values = Array.isArray(bundle.entry) ? bundle.entry : [];
  const texts = arrayElements(memberText(json, 'entry') ?? '[]');
  const entries = values.map((value, index) => readEntry(value, texts[index] ?? '', `${origin} entry[${index}]`));
  const places = new Map<string, string>();
  for (const entry of entries) {
    if (entry?.fullUrl !== undefined && entry.type !== undefined && entry.id !== undefined && isResourceId(entry.id)) {
      places.set(entry.fullUrl, `${entry.type}/${entry.id}`);
    }
  }
  return entries.map((entry, index): ImportItem => {
    const at = `${origin} entry[${index}]`;
    if (entry === undefined) return { kind: 'refused', reason: 'a Bundle entry without a resource', origin: at };
    if (entry.method !== 'PUT' && entry.method !== 'POST') {
      return { kind: 'refused', reason: 'a Bundle entry that is neither PUT nor POST', origin: at };
    }
    const { id } = entry;
    return {
      kind: 'json',
      json: rewriteReferences(entry.json, places),
      origin: at,
      ...(id === undefined ? {} : { id }),
    };
  });
};

/** The resources of a JSON document. */
export const documentItems = (json: string, origin: string): readonly ImportItem[] => {
  const parsed = parseJson(json);
  if (parsed.kind === 'fault') return [{ kind: 'refused', reason: faultReason(parsed.fault), origin }];
  const { value } = parsed;
  return isObject(value) && value.resourceType === 'Bundle'
    ? bundleItems(value, json, origin)
    : [{ kind: 'json', json, origin }];
};

/** The values that a resource is found by, taken from its content once. FHIR R4 search.html#ptypes. */
import { type DateRange, dateRange, periodRange } from './date-range.ts';
import { parseReference } from './reference.ts';
import type { Resource } from './resource.ts';
import type {
  DateEntry,
  ForeignReferenceEntry,
  ReferenceEntry,
  SearchIndex,
  StringEntry,
  TokenEntry,
} from './search-index.ts';
import { type SearchParameters, type SearchPath, type Step, standardParameters } from './search-parameter.ts';

type Json = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);
const list = (value: unknown): readonly unknown[] =>
  Array.isArray(value) ? value : value === undefined ? [] : [value];

/** Lower case, accents folded, white space collapsed: how strings are compared unless `:exact` is asked for. */
export const fold = (value: string): string =>
  value.toLowerCase().normalize('NFD').replace(/\p{M}/gu, '').normalize('NFC').replace(/\s+/gu, ' ').trim();

const walk = (value: unknown, steps: readonly Step[], at: number, visit: (value: unknown) => void): void => {
  if (Array.isArray(value)) {
    for (const one of value) walk(one, steps, at, visit);
    return;
  }
  if (value === undefined || value === null) return;
  const step = steps[at];
  if (step === undefined) {
    visit(value);
    return;
  }
  if (!isObject(value)) return;
  const { where } = step;
  const next = value[step.name];
  if (where === undefined) walk(next, steps, at + 1, visit);
  else
    for (const one of list(next)) if (isObject(one) && one[where.name] === where.value) walk(one, steps, at + 1, visit);
};

/** Every value that a path leads to, in document order. */
export const valuesAt = (resource: Resource, path: SearchPath): readonly unknown[] => {
  const values: unknown[] = [];
  walk(resource, path.steps, 0, (value) => values.push(value));
  return values;
};

type Coded = Omit<TokenEntry, 'param'>;

const coding = (value: unknown): readonly Coded[] => {
  const code = isObject(value) ? text(value.code) : undefined;
  return isObject(value) && code !== undefined ? [{ system: text(value.system) ?? '', code }] : [];
};
const identifier = (value: unknown): readonly Coded[] => {
  const code = isObject(value) ? text(value.value) : undefined;
  return isObject(value) && code !== undefined ? [{ system: text(value.system) ?? '', code }] : [];
};
/** Tokens of a value of this FHIR type. FHIR R4 search.html#token. */
const tokens = (type: string, value: unknown): readonly Coded[] => {
  if (type === 'CodeableConcept') return isObject(value) ? list(value.coding).flatMap(coding) : [];
  if (type === 'Coding') return coding(value);
  if (type === 'Identifier') return identifier(value);
  // Its `system` is phone, email…: not a namespace, so it is not the system of the token.
  if (type === 'ContactPoint') return identifier(value).map(({ code }) => ({ system: '', code }));
  if (typeof value === 'boolean') return [{ system: '', code: String(value) }];
  const code = text(value);
  if (code === undefined) return [];
  // A canonical is found with its version and without.
  const [url = code] = type === 'canonical' ? code.split('|') : [];
  return url === code ? [{ system: '', code }] : [code, url].map((one) => ({ system: '', code: one }));
};

const nameParts = ['family', 'given', 'prefix', 'suffix', 'text'];
const addressParts = ['line', 'city', 'district', 'state', 'postalCode', 'country', 'text'];
/** Strings of a value of this FHIR type: each part of a name or an address by itself. FHIR R4 search.html#string. */
const strings = (type: string, value: unknown): readonly string[] => {
  const parts = type === 'HumanName' ? nameParts : type === 'Address' ? addressParts : undefined;
  const values = parts === undefined ? [value] : isObject(value) ? parts.flatMap((part) => list(value[part])) : [];
  return values.flatMap((one) => text(one) ?? []);
};

/** The outer limits of a Timing: its events, or the bounds of its repetition. FHIR R4 search.html#date. */
const timing = (value: Json): DateRange | undefined => {
  const ranges = list(value.event).flatMap((event) => dateRange(text(event) ?? '') ?? []);
  const bounds = isObject(value.repeat) ? value.repeat.boundsPeriod : undefined;
  const period = isObject(bounds) ? periodRange(bounds.start, bounds.end) : undefined;
  const all = period === undefined ? ranges : [...ranges, period];
  if (all.length === 0) return undefined;
  return all.reduce((a, b) => ({ start: Math.min(a.start, b.start), end: Math.max(a.end, b.end) }));
};
const date = (type: string, value: unknown): DateRange | undefined => {
  if (type === 'Period') return isObject(value) ? periodRange(value.start, value.end) : undefined;
  if (type === 'Timing') return isObject(value) ? timing(value) : undefined;
  return dateRange(text(value) ?? '');
};

/** Collects entries, each once. */
const collector = <Entry extends { readonly param: string }>(keyOf: (entry: Entry) => string) => {
  const entries: Entry[] = [];
  const seen = new Set<string>();
  const add = (entry: Entry) => {
    const key = JSON.stringify([entry.param, keyOf(entry)]);
    if (seen.has(key)) return;
    seen.add(key);
    entries.push(entry);
  };
  return { entries, add };
};

/**
 * The search index of a resource: token, reference, string and date parameters of its type, and `_tag`, `_security`,
 * `_profile`. `_id` and `_lastUpdated` are left out: they are facts of a version, not of the content. Contained
 * resources are not indexed, and a reference to one is no reference to this server. Never throws: a value of the wrong
 * kind is left out.
 */
export const extract = (
  resource: Resource,
  ownBases: readonly string[],
  parameters: SearchParameters = standardParameters,
): SearchIndex => {
  const token = collector<TokenEntry>(({ system, code }) => JSON.stringify([system, code]));
  const reference = collector<ReferenceEntry>(({ type, id }) => `${type}/${id}`);
  const foreign = collector<ForeignReferenceEntry>(({ url }) => url);
  const logical = collector<TokenEntry>(({ system, code }) => JSON.stringify([system, code]));
  const string = collector<StringEntry>((entry) => entry.text);
  const dates = collector<DateEntry>(({ start, end }) => `${start}/${end}`);

  const addReference = (param: string, path: SearchPath, value: unknown): void => {
    const isCanonical = path.type !== 'Reference';
    const literal = isCanonical ? text(value) : isObject(value) ? text(value.reference) : undefined;
    const target = literal === undefined ? undefined : parseReference(literal, ownBases);
    // `Reference.type` speaks only where the literal reference does not.
    const said = isObject(value) ? value.type : undefined;
    const type = target?.kind === 'local' ? target.type : target?.kind === 'foreign' ? (target.type ?? said) : said;
    if (path.target !== undefined && path.target !== type) return;
    if (target?.kind === 'local') reference.add({ param, type: target.type, id: target.id });
    if (target?.kind === 'foreign') {
      foreign.add({ param, url: target.url });
      const [url] = target.url.split('|');
      if (isCanonical && url !== undefined && url !== target.url) foreign.add({ param, url });
    }
    if (isObject(value)) for (const one of identifier(value.identifier)) logical.add({ param, ...one });
  };

  for (const { code: param, type, paths } of parameters.of(resource.resourceType)) {
    if (param === '_id' || param === '_lastUpdated') continue;
    let exists: boolean | undefined;
    for (const path of paths) {
      if (path.type === 'exists') exists ??= false;
      walk(resource, path.steps, 0, (value) => {
        if (path.type === 'exists') exists = value !== false;
        else if (type === 'token') for (const one of tokens(path.type, value)) token.add({ param, ...one });
        else if (type === 'reference') addReference(param, path, value);
        else if (type === 'string')
          for (const one of strings(path.type, value)) string.add({ param, text: one, folded: fold(one) });
        else {
          const range = date(path.type, value);
          if (range !== undefined) dates.add({ param, ...range });
        }
      });
    }
    if (exists !== undefined) token.add({ param, system: '', code: String(exists) });
  }
  return {
    tokens: token.entries,
    references: reference.entries,
    foreignReferences: foreign.entries,
    identifierReferences: logical.entries,
    strings: string.entries,
    dates: dates.entries,
    numbers: [],
    quantities: [],
    uris: [],
    texts: [],
    typedIdentifiers: [],
    positions: [],
    composites: [],
  };
};

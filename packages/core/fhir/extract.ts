/** The values that a resource is found by, taken from its content once. FHIR R4 search.html#ptypes. */
import { canonicalTypes } from './canonical.ts';
import { identifier, tokens, typed, words } from './coded-value.ts';
import { dateOf, numberOf, quantityOf } from './measured-value.ts';
import { isObject, type Json, list, text, walk } from './path-values.ts';
import { parseReference } from './reference.ts';
import type { Resource } from './resource.ts';
import type { ComponentValue, SearchIndex } from './search-index.ts';
import { type SearchParameter, type SearchParameters, standardParameters } from './search-parameter.ts';
import type { SearchPath } from './search-path.ts';

/** Lower case, accents folded, white space collapsed: how strings are compared unless `:exact` is asked for. */
export const fold = (value: string): string =>
  value.toLowerCase().normalize('NFD').replace(/\p{M}/gu, '').normalize('NFC').replace(/\s+/gu, ' ').trim();

const nameParts = ['family', 'given', 'prefix', 'suffix', 'text'];
const addressParts = ['line', 'city', 'district', 'state', 'postalCode', 'country', 'text'];
/** Strings of a value of this FHIR type: each part of a name or an address by itself. FHIR R4 search.html#string. */
const strings = (type: string, value: unknown): readonly string[] => {
  const parts = type === 'HumanName' ? nameParts : type === 'Address' ? addressParts : undefined;
  const values = parts === undefined ? [value] : isObject(value) ? parts.flatMap((part) => list(value[part])) : [];
  return values.flatMap((one) => text(one) ?? []);
};

/** A canonical is found with its version and without. FHIR R4 references.html#canonical. */
const uris = (type: string, value: unknown): readonly string[] => {
  const uri = text(value);
  if (uri === undefined) return [];
  const bar = type === 'canonical' ? uri.indexOf('|') : -1;
  return bar > 0 ? [uri, uri.slice(0, bar)] : [uri];
};

/** The lists of an index, and what stands in each. */
type Lists = { readonly [List in keyof SearchIndex]: SearchIndex[List][number][] };
type Value<List extends keyof SearchIndex> = Omit<SearchIndex[List][number], 'param'>;
/** Takes a value that was found at the end of a path, and the list that it belongs to. */
type Emit = <List extends keyof SearchIndex>(to: List, value: Value<List>) => void;

const readReference = (path: SearchPath, value: unknown, ownBases: readonly string[], emit: Emit): void => {
  const isCanonical = path.type !== 'Reference';
  const literal = isCanonical ? text(value) : isObject(value) ? text(value.reference) : undefined;
  const target = literal === undefined ? undefined : parseReference(literal, ownBases);
  // `Reference.type` speaks only where the literal reference does not.
  const said = isObject(value) ? value.type : undefined;
  const type = target?.kind === 'local' ? target.type : target?.kind === 'foreign' ? (target.type ?? said) : said;
  if (path.target !== undefined && path.target !== type) return;
  if (target?.kind === 'local') emit('references', { type: target.type, id: target.id });
  if (target?.kind === 'foreign')
    for (const url of uris(isCanonical ? 'canonical' : '', target.url)) emit('foreignReferences', { url });
  if (isObject(value)) for (const one of identifier(value.identifier)) emit('identifierReferences', one);
};

const readToken = (path: SearchPath, value: unknown, emit: Emit): void => {
  for (const one of tokens(path, value)) emit('tokens', one);
  for (const one of words(path.type, value)) emit('texts', { folded: fold(one) });
  for (const one of typed(path.type, value)) emit('typedIdentifiers', one);
};

const readPosition = (value: unknown, emit: Emit): void => {
  const { latitude, longitude } = isObject(value) ? value : {};
  if (typeof latitude !== 'number' || typeof longitude !== 'number') return;
  if (Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180) emit('positions', { latitude, longitude });
};

/** Emits what is there. */
const given = <List extends keyof SearchIndex>(emit: Emit, to: List, value: Value<List> | undefined): void => {
  if (value !== undefined) emit(to, value);
};

const readValue = (
  { type }: SearchParameter,
  path: SearchPath,
  value: unknown,
  ownBases: readonly string[],
  emit: Emit,
): void => {
  if (type === 'token') readToken(path, value, emit);
  else if (type === 'reference') readReference(path, value, ownBases, emit);
  else if (type === 'string')
    for (const one of strings(path.type, value)) emit('strings', { text: one, folded: fold(one) });
  else if (type === 'date') given(emit, 'dates', dateOf(path.type, value));
  else if (type === 'number') given(emit, 'numbers', numberOf(value));
  else if (type === 'quantity') given(emit, 'quantities', quantityOf(path.type, value));
  else if (type === 'uri') for (const uri of uris(path.type, value)) emit('uris', { uri });
  else if (type === 'special') readPosition(value, emit);
};

/** What a parameter is read in; its paths begin at `element`. */
interface Within {
  readonly element: Json;
  readonly resource: Resource;
  readonly ownBases: readonly string[];
}

/** Everything that a parameter finds. */
const readParameter = (parameter: SearchParameter, { element, resource, ownBases }: Within, emit: Emit): void => {
  let truth: boolean | undefined;
  for (const path of parameter.paths) {
    const asks = path.type === 'exists' || path.type === 'present';
    if (asks) truth ??= false;
    walk(path.fromResource ? resource : element, path.steps, (value) => {
      if (asks) truth = path.type === 'present' || value !== false;
      else readValue(parameter, path, value, ownBases, emit);
    });
  }
  if (truth !== undefined) emit('tokens', { system: '', code: String(truth) });
};

/** What may stand in a component of a composite, by the list in which it would stand by itself. */
const componentKinds: { readonly [List in keyof SearchIndex]?: ComponentValue['kind'] } = {
  tokens: 'token',
  references: 'reference',
  strings: 'string',
  dates: 'date',
  numbers: 'number',
  quantities: 'quantity',
  uris: 'uri',
};

/** What each component finds in an element of a composite. */
const readComponents = (components: readonly SearchParameter[], within: Within): readonly ComponentValue[][] =>
  components.map((component) => {
    const values: ComponentValue[] = [];
    readParameter(component, within, (to, value) => {
      const kind = componentKinds[to];
      if (kind !== undefined) values.push(Object.assign({ kind }, value) as object as ComponentValue);
    });
    return values;
  });

const keyOf = (to: keyof SearchIndex, value: object): string =>
  `${to} ${to === 'composites' ? JSON.stringify(value) : Object.values(value).join('\n')}`;

/**
 * The search index of a resource: every parameter of its type, and `_tag`, `_security`, `_profile`, `_source`. `_id` and
 * `_lastUpdated` are left out: they are facts of a version, not of the content. Contained resources are not indexed, and
 * a reference to one is no reference to this server. Never throws: a value of the wrong kind is left out.
 */
export const extract = (
  resource: Resource,
  ownBases: readonly string[],
  parameters: SearchParameters = standardParameters,
): SearchIndex => {
  const lists: Lists = {
    tokens: [],
    references: [],
    foreignReferences: [],
    identifierReferences: [],
    strings: [],
    dates: [],
    numbers: [],
    quantities: [],
    uris: [],
    texts: [],
    typedIdentifiers: [],
    positions: [],
    composites: [],
  };
  const sinks = new Map<string, Emit>();
  /** Each entry stands once, however often the resource says it. Most parameters have one: only a second is compared. */
  const into = (param: string): Emit => {
    const known = sinks.get(param);
    if (known !== undefined) return known;
    const firsts: Partial<Record<keyof SearchIndex, object>> = {};
    const seen = new Set<string>();
    const sink: Emit = (to, value) => {
      const first = firsts[to];
      if (first === undefined) firsts[to] = value;
      else {
        seen.add(keyOf(to, first));
        const key = keyOf(to, value);
        if (seen.has(key)) return;
        seen.add(key);
      }
      (lists[to] as object[]).push({ param, ...value });
    };
    sinks.set(param, sink);
    return sink;
  };
  for (const parameter of parameters.of(resource.resourceType)) {
    const { code, type, paths, components = [] } = parameter;
    if (code === '_id' || code === '_lastUpdated') continue;
    const emit = into(code);
    if (type !== 'composite') readParameter(parameter, { element: resource, resource, ownBases }, emit);
    else
      for (const { steps } of paths)
        walk(resource, steps, (element) => {
          const parts = isObject(element) ? readComponents(components, { element, resource, ownBases }) : [];
          // An element that lacks a component is found by none of its values.
          if (parts.length > 0 && parts.every((values) => values.length > 0)) emit('composites', { parts });
        });
  }
  const { url, version } = resource;
  // What a canonical reference says finds it: `url|version`, beside the url by itself.
  if (canonicalTypes.has(resource.resourceType) && typeof url === 'string' && typeof version === 'string')
    into('url')('uris', { uri: `${url}|${version}` });
  return lists;
};

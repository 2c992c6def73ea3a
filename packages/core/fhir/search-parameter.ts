/**
 * HL7's search parameters of R4, looked up by type and name. Each is lowered to paths of JSON properties when the
 * definitions are generated, so that nothing is interpreted here. FHIR R4 searchparameter-registry.html.
 */
import definitions from './definitions/search-parameters.json' with { type: 'json' };

export type IndexedType = 'token' | 'reference' | 'string' | 'date';
const indexedTypes: ReadonlySet<string> = new Set<IndexedType>(['token', 'reference', 'string', 'date']);

/** One property on the way; `where` keeps the elements whose property has that value, as in `telecom[system=phone]`. */
export interface Step {
  readonly name: string;
  readonly where?: { readonly name: string; readonly value: string };
}
export interface SearchPath {
  readonly steps: readonly Step[];
  /** FHIR type of the value at the end; `exists`: what counts is that there is a value and it is not `false` */
  readonly type: string;
  /** only references to this type count (HL7 writes `resolve() is Patient`) */
  readonly target?: string;
}
export interface SearchParameter {
  readonly code: string;
  readonly type: IndexedType;
  /** canonical URL of the definition */
  readonly definition: string;
  /** types that a reference may point to; empty: any */
  readonly targets: readonly string[];
  readonly paths: readonly SearchPath[];
}

/** What is known of a parameter: that it is indexed, or only that HL7 defines it with a type that is not. */
export type Lookup =
  | { readonly kind: 'indexed'; readonly parameter: SearchParameter }
  | { readonly kind: 'not-indexed'; readonly type: string }
  | { readonly kind: 'unknown' };

const base = 'http://hl7.org/fhir/SearchParameter/';

const parseStep = (text: string): Step => {
  const [, name, key, value] = /^(\w+)(?:\[(\w+)=([\w-]+)\])?$/.exec(text) ?? [];
  return { name: name ?? text, ...(key === undefined || value === undefined ? {} : { where: { name: key, value } }) };
};
const parsePath = (text: string): SearchPath => {
  const [path = '', end = ''] = text.split(':');
  const [, type = end, target] = /^(\w+)(?:\((\w+)\))?$/.exec(end) ?? [];
  return { steps: path.split('.').map(parseStep), type, ...(target === undefined ? {} : { target }) };
};
const parseEntry = (code: string, [type = '', id, paths, targets]: readonly string[]): Lookup => {
  if (!indexedTypes.has(type) || id === undefined || paths === undefined) return { kind: 'not-indexed', type };
  return {
    kind: 'indexed',
    parameter: {
      code,
      type: type as IndexedType,
      definition: id.includes(':') ? id : base + id,
      targets: targets === undefined || targets === '' ? [] : targets.split(' '),
      paths: paths.split(' ').map(parsePath),
    },
  };
};

const onResource = (code: string, type: string, id: string, path: string): [string, Lookup] => [
  code,
  parseEntry(code, [type, id, path]),
];
/** Parameters of every type. FHIR R4 search.html#all. `_id` and `_lastUpdated` are native to every backend. */
const common: readonly [string, Lookup][] = [
  onResource('_id', 'token', 'Resource-id', 'id:id'),
  onResource('_lastUpdated', 'date', 'Resource-lastUpdated', 'meta.lastUpdated:instant'),
  onResource('_tag', 'token', 'Resource-tag', 'meta.tag:Coding'),
  onResource('_security', 'token', 'Resource-security', 'meta.security:Coding'),
  onResource('_profile', 'token', 'Resource-profile', 'meta.profile:canonical'),
];

const lines = new Map<string, Readonly<Record<string, readonly string[]>>>(Object.entries(definitions));
const parsed = new Map<string, ReadonlyMap<string, Lookup>>();

const lookups = (type: string): ReadonlyMap<string, Lookup> => {
  const known = parsed.get(type);
  if (known !== undefined) return known;
  const own = Object.entries(lines.get(type) ?? {});
  const map = new Map([...common, ...own.map(([code, entry]): [string, Lookup] => [code, parseEntry(code, entry)])]);
  // Only types of the definitions are kept, so that the table cannot be made to grow from outside.
  if (lines.has(type)) parsed.set(type, map);
  return map;
};

/** The parameter `code` of a resource type, `_id` and its like included. */
export const searchParameter = (type: string, code: string): Lookup => lookups(type).get(code) ?? { kind: 'unknown' };

/** All indexed parameters of a resource type, `_id` and `_lastUpdated` first. */
export const searchParametersOf = (type: string): readonly SearchParameter[] =>
  [...lookups(type).values()].flatMap((lookup) => (lookup.kind === 'indexed' ? [lookup.parameter] : []));

/** The search parameters that something knows: HL7's and US Core's, and those that were added to them. */
export interface SearchParameters {
  find(type: string, code: string): Lookup;
  of(type: string): readonly SearchParameter[];
}
export const standardParameters: SearchParameters = { find: searchParameter, of: searchParametersOf };

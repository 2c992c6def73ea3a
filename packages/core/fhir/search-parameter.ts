/**
 * HL7's search parameters of R4 and those of US Core 6.1.0, looked up by type and name. Each is lowered to paths of JSON
 * properties when the definitions are generated, so that nothing is interpreted here. FHIR R4
 * searchparameter-registry.html.
 */
import definitions from './definitions/search-parameters.json' with { type: 'json' };
import { parsePath, type SearchPath } from './search-path.ts';

/** FHIR R4 search.html#ptypes: a resource is indexed by all of them. */
export type IndexedType =
  | 'token'
  | 'reference'
  | 'string'
  | 'date'
  | 'number'
  | 'quantity'
  | 'uri'
  | 'composite'
  | 'special';

export interface SearchParameter {
  readonly code: string;
  readonly type: IndexedType;
  /** canonical URL of the definition */
  readonly definition: string;
  /** types that a reference may point to; empty: any */
  readonly targets: readonly string[];
  /** of a composite: to the elements that its components are found in */
  readonly paths: readonly SearchPath[];
  /** of a composite, in the order of its values; their paths begin at its elements */
  readonly components?: readonly SearchParameter[];
}

/** What is known of a parameter: that it is indexed, or only that HL7 defines it as what no path leads to. */
export type Lookup =
  | { readonly kind: 'indexed'; readonly parameter: SearchParameter }
  | { readonly kind: 'not-indexed'; readonly type: string }
  | { readonly kind: 'unknown' };

const base = 'http://hl7.org/fhir/SearchParameter/';

/** An entry of the definition file: type, definition, paths, targets, and components, each with its code before these. */
type Line = readonly (string | readonly string[])[];

const parseParameter = (code: string, line: Line): SearchParameter | undefined => {
  const [type, id, paths, targets, ...components] = line;
  if (typeof type !== 'string' || typeof id !== 'string' || typeof paths !== 'string') return undefined;
  const parts = components.flatMap((part) => {
    const [name = '', ...rest] = part;
    return parseParameter(name, rest) ?? [];
  });
  return {
    code,
    type: type as IndexedType,
    definition: id.includes(':') ? id : base + id,
    targets: typeof targets !== 'string' || targets === '' ? [] : targets.split(' '),
    paths: paths.split(' ').map(parsePath),
    ...(parts.length === 0 ? {} : { components: parts }),
  };
};
const parseEntry = (code: string, line: Line): Lookup => {
  const parameter = parseParameter(code, line);
  return parameter === undefined ? { kind: 'not-indexed', type: String(line[0]) } : { kind: 'indexed', parameter };
};

const onResource = (code: string, type: IndexedType, id: string, path: string): [string, Lookup] => [
  code,
  parseEntry(code, [type, id, path]),
];
/** Parameters of every type. FHIR R4 search.html#all. `_id` and `_lastUpdated` are native to every backend. */
const common: readonly [string, Lookup][] = [
  onResource('_id', 'token', 'Resource-id', 'id:id'),
  onResource('_lastUpdated', 'date', 'Resource-lastUpdated', 'meta.lastUpdated:instant'),
  onResource('_tag', 'token', 'Resource-tag', 'meta.tag:Coding'),
  onResource('_security', 'token', 'Resource-security', 'meta.security:Coding'),
  onResource('_profile', 'uri', 'Resource-profile', 'meta.profile:canonical'),
  onResource('_source', 'uri', 'Resource-source', 'meta.source:uri'),
];

const lines = new Map<string, Readonly<Record<string, Line>>>(Object.entries(definitions));
interface Known {
  readonly byCode: ReadonlyMap<string, Lookup>;
  readonly indexed: readonly SearchParameter[];
}
const parsed = new Map<string, Known>();

const knownOf = (type: string): Known => {
  const before = parsed.get(type);
  if (before !== undefined) return before;
  const own = Object.entries(lines.get(type) ?? {});
  const byCode = new Map([...common, ...own.map(([code, entry]): [string, Lookup] => [code, parseEntry(code, entry)])]);
  const indexed = [...byCode.values()].flatMap((lookup) => (lookup.kind === 'indexed' ? [lookup.parameter] : []));
  // Only types of the definitions are kept, so that the table cannot be made to grow from outside.
  if (lines.has(type)) parsed.set(type, { byCode, indexed });
  return { byCode, indexed };
};

/** The parameter `code` of a resource type, `_id` and its like included. */
export const searchParameter = (type: string, code: string): Lookup =>
  knownOf(type).byCode.get(code) ?? { kind: 'unknown' };

/** All indexed parameters of a resource type, `_id` and `_lastUpdated` first. */
export const searchParametersOf = (type: string): readonly SearchParameter[] => knownOf(type).indexed;

/** The search parameters that something knows: HL7's and US Core's, and those that were added to them. */
export interface SearchParameters {
  find(type: string, code: string): Lookup;
  of(type: string): readonly SearchParameter[];
}
export const standardParameters: SearchParameters = { find: searchParameter, of: searchParametersOf };

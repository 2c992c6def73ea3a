/**
 * SearchParameters that are added at run time: read from their resources, bounded, and lowered to paths as HL7's are.
 * What paths cannot say is refused. FHIR R4 searchparameter.html.
 */
import type { Resource } from './resource.ts';
import { resourceTypes } from './resource-type.ts';
import { pathOf, placesOf } from './search-lowering.ts';
import {
  type IndexedType,
  type SearchParameter,
  type SearchParameters,
  standardParameters,
} from './search-parameter.ts';
import { elementsOf } from './structure.ts';

export interface CustomParameter {
  readonly kind: 'parameter';
  /** resource types that it is a parameter of, in alphabetical order */
  readonly types: readonly string[];
  /** what is the same for all of them */
  readonly parameter: Pick<SearchParameter, 'code' | 'type' | 'definition' | 'targets'>;
  /** the parameter of each type, whose paths differ */
  readonly byType: ReadonlyMap<string, SearchParameter>;
}
export type Compiled =
  | CustomParameter
  | {
      readonly kind: 'fault';
      /** a sentence for the caller */
      readonly diagnostics: string;
      /** the element that is at fault: `SearchParameter.expression` */
      readonly expression: string;
    };
type Fault = Extract<Compiled, { kind: 'fault' }>;

/** Components of a composite: HL7's have two or three. */
export const mostComponents = 8;
/** Characters of a code. */
export const longestCode = 64;

const fault = (element: string, diagnostics: string): Fault => ({
  kind: 'fault',
  diagnostics,
  expression: `SearchParameter.${element}`,
});
const isFault = (value: object): value is Fault => 'kind' in value && value.kind === 'fault';

const types: ReadonlySet<unknown> = new Set<IndexedType>([
  ...(['token', 'reference', 'string', 'date', 'number', 'quantity', 'uri', 'composite'] as const),
]);
const isType = (type: unknown): type is IndexedType => types.has(type);
const texts = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : [];

/** The types that `base` means: abstract ones stand for all that are made from them. */
const baseTypes = (base: readonly string[]): readonly string[] =>
  resourceTypes.filter(
    (type) =>
      base.includes(type) ||
      base.includes('Resource') ||
      (base.includes('DomainResource') && elementsOf(type)?.some(({ name }) => name === 'contained') === true),
  );

interface Definition {
  readonly code: string;
  readonly type: IndexedType;
  readonly definition: string;
  readonly targets: readonly string[];
  readonly expression: string;
  readonly components: readonly { readonly definition: string; readonly expression: string }[];
}

const readComponents = (value: unknown): Definition['components'] | Fault => {
  const list: readonly unknown[] = Array.isArray(value) ? value : [];
  if (list.length === 0) return fault('component', 'a composite says what it is composed of');
  if (list.length > mostComponents) return fault('component', `a composite has at most ${mostComponents} components`);
  const sound = list.flatMap((one) => {
    const { definition, expression } = (one ?? {}) as Readonly<Record<string, unknown>>;
    return typeof definition === 'string' && typeof expression === 'string'
      ? [{ definition: definition.split('|')[0] ?? definition, expression }]
      : [];
  });
  return sound.length === list.length ? sound : fault('component', 'a component has a definition and an expression');
};

const read = ({ code, type, url, target, expression, component }: Resource): Definition | Fault => {
  if (typeof url !== 'string' || !URL.canParse(url)) return fault('url', 'a SearchParameter has an absolute url');
  // A point would be read as a chain, a colon as a modifier, and what begins with `_` belongs to the standard.
  if (typeof code !== 'string' || code.length > longestCode || !/^[A-Za-z][A-Za-z0-9_-]*$/.test(code))
    return fault('code', `a code is a letter followed by letters, digits, - and _, at most ${longestCode} in all`);
  if (!isType(type)) return fault('type', 'this type of search parameter is not supported');
  if (typeof expression !== 'string') return fault('expression', 'without an expression nothing is found');
  const components = type === 'composite' ? readComponents(component) : [];
  if (isFault(components)) return components;
  const targets = texts(target).filter((one) => resourceTypes.includes(one));
  return { code, type, definition: url, targets, expression, components };
};

/** The parameter that a component names by its canonical URL. */
const named = (known: SearchParameters, type: string, definition: string): SearchParameter | undefined =>
  known.of(type).find((one) => one.definition === definition);

/** A parameter lowered to the paths of one type. */
const lowered = (definition: Definition, base: string, known: SearchParameters): SearchParameter | Fault => {
  const { code, type, targets, expression, components } = definition;
  const found = placesOf(expression, type, { type: base, structure: elementsOf });
  if (found.kind === 'fault') return fault('expression', found.diagnostics);
  const from = found.places.map((place) => ({ ...place, steps: [] }));
  const parts: SearchParameter[] = [];
  for (const [at, component] of components.entries()) {
    const element = `component[${at}]`;
    const of = named(known, base, component.definition);
    if (of === undefined || of.type === 'composite' || of.type === 'special')
      return fault(`${element}.definition`, `this is not the URL of a parameter of ${base} that can be a component`);
    const places = placesOf(component.expression, of.type, { type: base, structure: elementsOf, from });
    if (places.kind === 'fault') return fault(`${element}.expression`, places.diagnostics);
    parts.push({ ...of, paths: places.places.map(pathOf) });
  }
  const paths = found.places.map(pathOf);
  const own = { code, type, definition: definition.definition, targets, paths };
  return parts.length === 0 ? own : { ...own, components: parts };
};

/** Whether a parameter is one that is known already, under its own URL or restated under another. */
const isSame = (a: SearchParameter, b: SearchParameter): boolean => {
  const meaning = ({ type, paths, components = [] }: SearchParameter) =>
    JSON.stringify([type, paths, components.map((part) => [part.type, part.paths])]);
  return a.definition === b.definition || meaning(a) === meaning(b);
};

/**
 * Compiles the resource of a SearchParameter. `known` are the parameters that there are: their codes cannot be taken for
 * something else, and components are looked for among them. Never throws.
 */
export const compileSearchParameter = (resource: Resource, known: SearchParameters = standardParameters): Compiled => {
  const definition = read(resource);
  if (isFault(definition)) return definition;
  const base = texts(resource.base);
  const unknown = base.find((one) => baseTypes([one]).length === 0);
  if (base.length === 0 || unknown !== undefined) return fault('base', 'base names types of resources of FHIR R4');
  const byType = new Map<string, SearchParameter>();
  for (const type of baseTypes(base)) {
    const own = lowered(definition, type, known);
    if (isFault(own)) return own;
    const before = known.find(type, definition.code);
    if (before.kind === 'not-indexed' || (before.kind === 'indexed' && !isSame(before.parameter, own)))
      return fault('code', `${type} has another search parameter of the name ${definition.code}`);
    byType.set(type, own);
  }
  const { code, type, targets } = definition;
  const parameter = { code, type, definition: definition.definition, targets };
  return { kind: 'parameter', types: [...byType.keys()], parameter, byType };
};

/** The standard's parameters and others beside them; of two with one name, the first stands. */
export const withCustom = (standard: SearchParameters, customs: readonly CustomParameter[]): SearchParameters => {
  const added = new Map<string, Map<string, SearchParameter>>();
  for (const { byType } of customs)
    for (const [type, parameter] of byType) {
      const own = added.get(type) ?? new Map<string, SearchParameter>();
      added.set(type, own);
      if (!own.has(parameter.code) && standard.find(type, parameter.code).kind === 'unknown')
        own.set(parameter.code, parameter);
    }
  const all = new Map([...added].map(([type, own]) => [type, [...standard.of(type), ...own.values()]]));
  return {
    find: (type, code) => {
      const parameter = added.get(type)?.get(code);
      return parameter === undefined ? standard.find(type, code) : { kind: 'indexed', parameter };
    },
    of: (type) => all.get(type) ?? standard.of(type),
  };
};

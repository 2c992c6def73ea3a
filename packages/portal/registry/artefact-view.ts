/** What the pages of the registry read of a definition: whatever stands in it, only plain text and numbers come out. FHIR R4 elementdefinition.html. */
import { cleaned } from '../markup.ts';

export type Json = Readonly<Record<string, unknown>>;

const isJson = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);
export const listOf = (value: unknown): readonly Json[] => (Array.isArray(value) ? value.filter(isJson) : []);
export const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? cleaned(value) : undefined;
const textsOf = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((one) => typeof one === 'string').map(cleaned) : [];

/** Markdown as plain words: what it says, without its marks. FHIR R4 datatypes.html#markdown. */
export const plainOf = (markdown: string): string =>
  markdown.replace(/!?\[([^\]]{0,500})\]\([^)]{0,1000}\)/g, '$1').replace(/\*\*|`/g, '');

export interface ShownPackage {
  readonly name: string;
  readonly version: string;
  readonly title?: string;
  readonly license?: string;
  readonly artefacts: number;
  readonly loadedAt: Date;
  readonly dependencies: readonly { readonly name: string; readonly version: string; readonly isThere: boolean }[];
}

export interface ListedArtefact {
  readonly id: string;
  readonly title: string;
  readonly version: string | undefined;
  readonly status: string;
  readonly url: string | undefined;
  readonly about: string | undefined;
  /** what it is of: `Observation`, `Extension` */
  readonly of: string | undefined;
}

export const rowOf = (resource: Json): ListedArtefact => ({
  id: textOf(resource.id) ?? '',
  title: textOf(resource.title) ?? textOf(resource.name) ?? textOf(resource.id) ?? '',
  version: textOf(resource.version),
  status: textOf(resource.status) ?? 'unknown',
  url: textOf(resource.url),
  about: textOf(plainOf(textOf(resource.description) ?? '')),
  of: textOf(resource.type) ?? (textsOf(resource.base).join(', ') || undefined),
});

export interface ShownElement {
  readonly id: string;
  /** the last part, with the name of a slice */
  readonly name: string;
  readonly depth: number;
  readonly isSlice: boolean;
  readonly cardinality: string;
  readonly mustSupport: boolean;
  readonly isModifier: boolean;
  readonly isSummary: boolean;
  readonly isForbidden: boolean;
  readonly types: readonly ShownTypeRef[];
  readonly short: string;
  readonly fixed: string | undefined;
  readonly binding: { readonly strength: string; readonly valueSet: string } | undefined;
  readonly rules: readonly string[];
  readonly sliced: string | undefined;
}

export interface ShownTypeRef {
  readonly code: string;
  readonly profiles: readonly string[];
}

const typesOf = (types: unknown): readonly ShownTypeRef[] =>
  listOf(types).map(({ code, profile, targetProfile }) => ({
    code: (textOf(code) ?? '').replace('http://hl7.org/fhirpath/System.', ''),
    profiles: [...textsOf(profile), ...textsOf(targetProfile)],
  }));

/** A fixed value or a pattern, as JSON on one line. */
const fixedOf = (element: Json): string | undefined => {
  const [name, value] = Object.entries(element).find(([key]) => /^(fixed|pattern)[A-Z]/.test(key)) ?? [];
  if (name === undefined) return undefined;
  const text = cleaned(typeof value === 'string' ? value : JSON.stringify(value));
  return text.length > 300 ? `${text.slice(0, 299)}…` : text;
};

const slicingOf = (slicing: unknown): string | undefined => {
  if (!isJson(slicing)) return undefined;
  const by = listOf(slicing.discriminator).map(({ type, path }) => `${textOf(type) ?? ''} of ${textOf(path) ?? ''}`);
  return `${by.join(', ')} (${textOf(slicing.rules) ?? 'open'})`;
};

/** Invariants that hold of every element say nothing of one. */
const everywhere = new Set(['ele-1', 'ext-1']);

export const elementOf = (element: Json): ShownElement => {
  const id = textOf(element.id) ?? textOf(element.path) ?? '';
  const parts = id.split('.');
  const last = parts.at(-1) ?? id;
  const [min, max] = [element.min, element.max];
  const binding = isJson(element.binding) ? element.binding : undefined;
  return {
    id,
    name: last,
    depth: parts.length - 1,
    isSlice: last.includes(':'),
    cardinality: min === undefined && max === undefined ? '' : `${String(min ?? '')}..${String(max ?? '')}`,
    mustSupport: element.mustSupport === true,
    isModifier: element.isModifier === true,
    isSummary: element.isSummary === true,
    isForbidden: max === '0',
    types: typesOf(element.type),
    short: textOf(element.short) ?? '',
    fixed: fixedOf(element),
    binding:
      binding === undefined
        ? undefined
        : {
            strength: textOf(binding.strength) ?? '',
            valueSet: textOf(binding.valueSet) ?? textOf(binding.description) ?? '',
          },
    rules: listOf(element.constraint)
      .filter(({ key }) => !everywhere.has(textOf(key) ?? ''))
      .map(({ key, human }) => `${textOf(key) ?? ''}: ${textOf(human) ?? ''}`),
    sliced: slicingOf(element.slicing),
  };
};

/** Elements of a profile: its own, with those above them, or all. */
export const elementsOf = (resource: Json, view: 'own' | 'all'): readonly ShownElement[] => {
  const of = (part: unknown): readonly Json[] => (isJson(part) ? listOf(part.element) : []);
  const [snapshot, differential] = [of(resource.snapshot), of(resource.differential)];
  const own = new Set(differential.map((one) => textOf(one.id) ?? textOf(one.path) ?? ''));
  const all = (snapshot.length > 0 ? snapshot : differential).map(elementOf);
  if (view === 'all' || own.size === 0) return all;
  const isShown = ({ id }: ShownElement): boolean =>
    [...own].some((one) => one === id || one.startsWith(`${id}.`) || one.startsWith(`${id}:`));
  return all.filter(isShown);
};

export interface ShownCode {
  readonly code: string;
  readonly display: string;
  readonly system: string;
  readonly definition: string;
  readonly depth: number;
}

export type Expansion =
  | {
      readonly kind: 'codes';
      readonly codes: readonly ShownCode[];
      readonly total: number | undefined;
      readonly offset: number;
      readonly filter: string;
      readonly hasMore: boolean;
    }
  | { readonly kind: 'not-known'; readonly reason: string; readonly filter: string };

const most = 2000;

const flat = (concepts: readonly Json[], depth: number, children: string): readonly ShownCode[] =>
  concepts.flatMap((concept) => [
    {
      code: textOf(concept.code) ?? '',
      display: textOf(concept.display) ?? '',
      system: textOf(concept.system) ?? '',
      definition: textOf(concept.definition) ?? '',
      depth,
    },
    ...(depth < 20 ? flat(listOf(concept[children]), depth + 1, children) : []),
  ]);

export const expansionOf = (status: number, json: Json, filter: string, offset: number, size: number): Expansion => {
  const expansion = isJson(json.expansion) ? json.expansion : undefined;
  if (status !== 200 || expansion === undefined) {
    const [issue] = listOf(json.issue);
    return { kind: 'not-known', reason: textOf(issue?.diagnostics) ?? '', filter };
  }
  const codes = flat(listOf(expansion.contains), 0, 'contains').slice(0, most);
  const total = typeof expansion.total === 'number' ? expansion.total : undefined;
  const hasMore = total === undefined ? codes.length >= size : offset + size < total;
  return { kind: 'codes', codes, total, offset, filter, hasMore };
};

/** Concepts of a CodeSystem, or those of them in which the words stand. */
export const conceptsOf = (
  resource: Json,
  words: string,
): { readonly shown: readonly ShownCode[]; readonly total: number } => {
  const all = flat(listOf(resource.concept), 0, 'concept');
  const wanted = words.toLowerCase();
  const found =
    wanted === ''
      ? all
      : all
          .filter(({ code, display }) => `${code} ${display}`.toLowerCase().includes(wanted))
          .map((one) => ({ ...one, depth: 0 }));
  return { shown: found.slice(0, 200), total: found.length };
};

/** What a ValueSet is made of, in words of its own. */
export const compositionOf = (
  resource: Json,
): readonly { readonly kind: 'include' | 'exclude'; readonly from: string }[] => {
  const compose = isJson(resource.compose) ? resource.compose : {};
  const told = (kind: 'include' | 'exclude') =>
    listOf(compose[kind]).map((one) => {
      const concepts = listOf(one.concept).length;
      const filters = listOf(one.filter).map(
        ({ property, op, value }) => `${textOf(property) ?? ''} ${textOf(op) ?? ''} ${textOf(value) ?? ''}`,
      );
      const parts = [
        ...(textOf(one.system) === undefined ? [] : [textOf(one.system) ?? '']),
        ...textsOf(one.valueSet),
        ...(concepts === 0 ? [] : [`${concepts} codes`]),
        ...filters,
      ];
      return { kind, from: parts.join(' · ') };
    });
  return [...told('include'), ...told('exclude')];
};

/** What a ConceptMap says of one code, forward and in reverse. FHIR R4 conceptmap.html. */
import type { Resource } from '@affinity/core/fhir/resource.ts';
import type { CodingInput } from './inputs.ts';
import { isJson, type Json, listOf, textOf } from './json-read.ts';

export interface Match {
  readonly equivalence: string;
  /** absent where the map says that there is none */
  readonly concept?: CodingInput;
  readonly product?: readonly Match[];
  /** canonical of the map that says it */
  readonly source?: string;
}

/** What must be known beside the code, by the name of the element. */
export type Dependencies = ReadonlyMap<string, string>;

export interface Translating {
  readonly coding: CodingInput;
  /** only to these systems, where one is named */
  readonly target?: string;
  readonly dependencies: Dependencies;
}

const concept = (system: string | undefined, code: string, display: unknown, version?: unknown): CodingInput => {
  const [text, edition] = [textOf(display), textOf(version)];
  return {
    ...(system === undefined ? {} : { system }),
    ...(edition === undefined ? {} : { version: edition }),
    code,
    ...(text === undefined ? {} : { display: text }),
  };
};

/** Every condition of a target is met by what is known. R4 ConceptMap.group.element.target.dependsOn. */
const isMet = (target: Json, dependencies: Dependencies): boolean =>
  listOf(target.dependsOn).every((each) => dependencies.get(String(each.property)) === each.value);

const sourceOf = ({ url, version }: Resource): string | undefined => {
  const [text, edition] = [textOf(url), textOf(version)];
  return text === undefined || edition === undefined ? text : `${text}|${edition}`;
};

const productsOf = (target: Json): readonly Match[] =>
  listOf(target.product).flatMap((each) => {
    const code = textOf(each.value);
    return code === undefined
      ? []
      : [{ equivalence: 'equivalent', concept: concept(textOf(each.system), code, each.display) }];
  });

const isSame = (system: unknown, wanted: string | undefined): boolean => wanted === undefined || system === wanted;

/** What is said of codes that the map does not name. R4 conceptmap-unmapped-mode. */
export type Unmapped =
  | { readonly kind: 'matches'; readonly matches: readonly Match[] }
  | { readonly kind: 'other-map'; readonly canonical: string }
  | { readonly kind: 'none' };

const unmappedOf = (group: Json, { coding }: Translating, source: { readonly source?: string }): Unmapped => {
  const { unmapped } = group;
  if (!isJson(unmapped)) return { kind: 'none' };
  const [system, code] = [textOf(group.target), coding.code];
  const found = (equivalence: string, given: string, display?: unknown): Unmapped => ({
    kind: 'matches',
    matches: [{ equivalence, concept: concept(system, given, display, group.targetVersion), ...source }],
  });
  if (unmapped.mode === 'provided' && code !== undefined) return found('equal', code, coding.display);
  const fixed = textOf(unmapped.code);
  if (unmapped.mode === 'fixed' && fixed !== undefined) return found('inexact', fixed, unmapped.display);
  const other = textOf(unmapped.url);
  return unmapped.mode === 'other-map' && other !== undefined
    ? { kind: 'other-map', canonical: other }
    : { kind: 'none' };
};

export interface MapReading {
  readonly matches: readonly Match[];
  /** maps that are to be asked for what this one does not name */
  readonly others: readonly string[];
}

export const readForward = (map: Resource, asked: Translating): MapReading => {
  const from = sourceOf(map);
  const source = from === undefined ? {} : { source: from };
  const matches: Match[] = [];
  const others: string[] = [];
  for (const group of listOf(map.group)) {
    if (!isSame(group.source, asked.coding.system) || !isSame(group.target, asked.target)) continue;
    const elements = listOf(group.element).filter(({ code }) => code === asked.coding.code);
    if (elements.length === 0) {
      const unmapped = unmappedOf(group, asked, source);
      if (unmapped.kind === 'matches') matches.push(...unmapped.matches);
      if (unmapped.kind === 'other-map') others.push(unmapped.canonical);
    }
    for (const target of elements.flatMap((element) => listOf(element.target))) {
      if (!isMet(target, asked.dependencies)) continue;
      const code = textOf(target.code);
      const product = productsOf(target);
      matches.push({
        equivalence: textOf(target.equivalence) ?? 'relatedto',
        ...(code === undefined
          ? {}
          : { concept: concept(textOf(group.target), code, target.display, group.targetVersion) }),
        ...(product.length === 0 ? {} : { product }),
        ...source,
      });
    }
  }
  return { matches, others };
};

/** Seen from the other side, what is wider is narrower. R4 concept-map-equivalence. */
const reversed: Readonly<Record<string, string>> = {
  wider: 'narrower',
  narrower: 'wider',
  subsumes: 'specializes',
  specializes: 'subsumes',
};

export const readReverse = (map: Resource, { coding, target }: Translating): MapReading => {
  const from = sourceOf(map);
  const matches: Match[] = [];
  for (const group of listOf(map.group)) {
    if (!isSame(group.target, coding.system) || !isSame(group.source, target)) continue;
    for (const element of listOf(group.element)) {
      const code = textOf(element.code);
      const hit = listOf(element.target).find((each) => each.code === coding.code);
      if (hit === undefined || code === undefined) continue;
      const said = textOf(hit.equivalence) ?? 'relatedto';
      matches.push({
        equivalence: Object.hasOwn(reversed, said) ? (reversed[said] ?? said) : said,
        concept: concept(textOf(group.source), code, element.display, group.sourceVersion),
        ...(from === undefined ? {} : { source: from }),
      });
    }
  }
  return { matches, others: [] };
};

/** ValueSets expanded to code lists, as far as the code systems are at hand. FHIR R4 valueset.html#compositions. */
import { parseCanonical } from '@affinity/core/fhir/canonical.ts';

interface Concept {
  readonly code: string;
  readonly concept?: readonly Concept[];
  readonly property?: readonly { readonly code: string; readonly valueCode?: string }[];
}
export interface CodeSystem {
  readonly url: string;
  readonly content?: string;
  readonly concept?: readonly Concept[];
}
interface Include {
  readonly system?: string;
  readonly concept?: readonly { readonly code: string }[];
  readonly filter?: readonly { readonly property: string; readonly op: string; readonly value: string }[];
  readonly valueSet?: readonly string[];
}
export interface ValueSet {
  readonly url: string;
  readonly compose?: { readonly include?: readonly Include[]; readonly exclude?: readonly Include[] };
  readonly expansion?: { readonly contains?: readonly Contained[] };
}
interface Contained {
  readonly system?: string;
  readonly code?: string;
  readonly contains?: readonly Contained[];
}

/** Codes by system; `null`: codes of this system are in it, which of them is not known here. */
export type Expansion = Readonly<Record<string, readonly string[] | null>>;

export interface Terminology {
  valueSet(url: string): ValueSet | undefined;
  codeSystem(url: string): CodeSystem | undefined;
}

const flat = (concepts: readonly Concept[]): readonly Concept[] =>
  concepts.flatMap((concept) => [concept, ...flat(concept.concept ?? [])]);

/** A concept and everything below it, by nesting or by `subsumedBy`. */
const below = (all: readonly Concept[], code: string): readonly string[] => {
  const found = new Set([code]);
  const isUnder = ({ property = [] }: Concept): boolean =>
    property.some(
      (each) => /^(subsumedBy|parent)$/.test(each.code) && each.valueCode !== undefined && found.has(each.valueCode),
    );
  for (let before = 0; before < found.size; ) {
    before = found.size;
    for (const concept of all) {
      if (isUnder(concept)) found.add(concept.code);
      if (found.has(concept.code)) for (const { code: child } of concept.concept ?? []) found.add(child);
    }
  }
  return [...found];
};

const ofSystem = ({ concept, filter }: Include, system: CodeSystem | undefined): readonly string[] | null => {
  if (concept !== undefined) return concept.map(({ code }) => code);
  if (system?.concept === undefined || (system.content !== 'complete' && system.content !== undefined)) return null;
  const all = flat(system.concept);
  if (filter === undefined || filter.length === 0) return all.map(({ code }) => code);
  const sets = filter.map(({ property, op, value }) => {
    if (property !== 'concept' || (op !== 'is-a' && op !== 'descendent-of')) return undefined;
    const codes = below(all, value);
    return new Set(op === 'is-a' ? codes : codes.filter((code) => code !== value));
  });
  if (sets.includes(undefined)) return null;
  return all.map(({ code }) => code).filter((code) => sets.every((set) => set?.has(code) === true));
};

type Codes = Map<string, readonly string[] | null>;

const intersect = (left: Codes, right: Codes): Codes => {
  const both: Codes = new Map();
  for (const [system, codes] of left) {
    const others = right.get(system);
    if (others === undefined) continue;
    both.set(system, codes === null || others === null ? null : codes.filter((code) => others.includes(code)));
  }
  return both;
};

const ofInclude = (include: Include, terminology: Terminology, depth: number): Codes | undefined => {
  let codes: Codes | undefined;
  if (include.system !== undefined)
    codes = new Map([[include.system, ofSystem(include, terminology.codeSystem(include.system))]]);
  for (const url of include.valueSet ?? []) {
    const found = terminology.valueSet(parseCanonical(url).url);
    const inner = found === undefined ? undefined : codesOf(found, terminology, depth + 1);
    if (inner === undefined) return undefined;
    codes = codes === undefined ? inner : intersect(codes, inner);
  }
  return codes;
};

const deepest = 8;

const codesOf = (valueSet: ValueSet, terminology: Terminology, depth: number): Codes | undefined => {
  const { include, exclude = [] } = valueSet.compose ?? {};
  if (include === undefined || depth > deepest) return undefined;
  const all: Codes = new Map();
  for (const each of include) {
    const codes = ofInclude(each, terminology, depth);
    if (codes === undefined) return undefined;
    for (const [system, list] of codes) {
      const known = all.get(system);
      all.set(system, known === null || list === null ? null : [...new Set([...(known ?? []), ...list])]);
    }
  }
  for (const each of exclude)
    for (const [system, list] of ofInclude(each, terminology, depth) ?? [])
      all.set(system, list === null ? null : (all.get(system)?.filter((code) => !list.includes(code)) ?? null));
  return all;
};

const contained = (contains: readonly Contained[]): readonly Contained[] =>
  contains.flatMap((each) => [each, ...contained(each.contains ?? [])]);

/** The codes of a ValueSet; undefined where it names another that is not at hand, or has no composition. */
export const expand = (valueSet: ValueSet, terminology: Terminology): Expansion | undefined => {
  const codes = codesOf(valueSet, terminology, 0);
  if (codes !== undefined) return Object.fromEntries(codes);
  if (valueSet.expansion?.contains === undefined) return undefined;
  const systems: Record<string, string[]> = {};
  for (const { system = '', code } of contained(valueSet.expansion.contains))
    if (code !== undefined) systems[system] = [...(systems[system] ?? []), code];
  return systems;
};

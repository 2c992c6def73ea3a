/** A CodeSystem made ready to be asked: its concepts by code, and what stands above and below each. FHIR R4 codesystem.html. */
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { tooCostly } from './faults.ts';
import { choiceOf, isJson, type Json, listOf, textOf } from './json-read.ts';

export interface Designation {
  readonly language?: string;
  readonly use?: Json;
  readonly value: string;
}
export interface Property {
  readonly code: string;
  /** `Code`, `Coding`, `String`, `Boolean`, `Integer`, `Decimal` or `DateTime` */
  readonly type: string;
  readonly value: unknown;
}
export interface Concept {
  readonly code: string;
  readonly display?: string;
  readonly definition?: string;
  readonly designations: readonly Designation[];
  readonly properties: readonly Property[];
  /** cannot be chosen, only stands above others */
  readonly abstract: boolean;
  readonly inactive: boolean;
  readonly parents: readonly string[];
  readonly children: readonly string[];
}

export interface CodeSystemForm {
  readonly url: string;
  readonly version?: string;
  readonly name?: string;
  readonly title?: string;
  /** not every concept is known here: FHIR R4 codesystem-content-mode other than `complete` */
  readonly partial: boolean;
  readonly concepts: ReadonlyMap<string, Concept>;
  /** by a code as it may be written: of a system whose case says nothing, in any case */
  find(code: string): Concept | undefined;
  /** codes that are declared as properties, with what they mean */
  readonly properties: ReadonlyMap<string, string | undefined>;
  readonly weight: number;
}

type Draft = { -readonly [Name in keyof Concept]: Concept[Name] } & {
  parents: string[];
  children: string[];
  designations: Designation[];
  properties: Property[];
};

const designationOf = (given: Json): readonly Designation[] => {
  const value = textOf(given.value);
  if (value === undefined) return [];
  const language = textOf(given.language);
  return [
    {
      value,
      ...(language === undefined ? {} : { language }),
      ...(isJson(given.use) ? { use: given.use } : {}),
    },
  ];
};
export const designationsOf = (given: unknown): readonly Designation[] => listOf(given).flatMap(designationOf);

const propertiesOf = (given: unknown): readonly Property[] =>
  listOf(given).flatMap((each) => {
    const code = textOf(each.code);
    const choice = choiceOf(each);
    return code === undefined || choice === undefined ? [] : [{ code, ...choice }];
  });

/** FHIR R4 codesystem-concept-properties.html, and `subsumedBy` of HL7's v3 systems. */
const above = new Set(['parent', 'subsumedBy']);
const notSelectable = new Set(['notSelectable', 'abstract']);

const codesOf = (properties: readonly Property[], wanted: (code: string) => boolean): readonly string[] =>
  properties.flatMap(({ code, value }) => (wanted(code) && typeof value === 'string' ? [value] : []));
const isSaid = (properties: readonly Property[], names: (code: string) => boolean): boolean =>
  properties.some(({ code, value }) => names(code) && (value === true || value === 'true'));
const isRetired = ({ code, value }: Property): boolean =>
  code === 'status' && (value === 'retired' || value === 'inactive');

const draftOf = (code: string, given: Json): Draft => {
  const properties = [...propertiesOf(given.property)];
  const display = textOf(given.display);
  const definition = textOf(given.definition);
  return {
    code,
    ...(display === undefined ? {} : { display }),
    ...(definition === undefined ? {} : { definition }),
    designations: [...designationsOf(given.designation)],
    properties,
    abstract: isSaid(properties, (name) => notSelectable.has(name)),
    inactive: isSaid(properties, (name) => name === 'inactive') || properties.some(isRetired),
    parents: [],
    children: [],
  };
};

/** All concepts, those that are nested after the one that they are in; a code that is there twice counts once. */
const draftAll = (resource: Resource, mostConcepts: number): Map<string, Draft> => {
  const drafts = new Map<string, Draft>();
  const waiting = listOf(resource.concept)
    .map((given): readonly [Json, string | undefined] => [given, undefined])
    .reverse();
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const [given, parent] = next;
    const code = textOf(given.code);
    if (code === undefined || drafts.has(code)) continue;
    if (drafts.size >= mostConcepts) throw tooCostly(`a CodeSystem has at most ${mostConcepts} concepts here`);
    const draft = draftOf(code, given);
    if (parent !== undefined) draft.parents.push(parent);
    drafts.set(code, draft);
    for (const child of listOf(given.concept).toReversed()) waiting.push([child, code]);
  }
  return drafts;
};

const link = (drafts: ReadonlyMap<string, Draft>): void => {
  const join = (parent: string, child: string): void => {
    const below = drafts.get(child);
    if (drafts.has(parent) && below !== undefined && parent !== child && !below.parents.includes(parent))
      below.parents.push(parent);
  };
  for (const { code, properties } of drafts.values()) {
    for (const parent of codesOf(properties, (name) => above.has(name))) join(parent, code);
    for (const child of codesOf(properties, (name) => name === 'child')) join(code, child);
  }
  for (const { code, parents } of drafts.values())
    for (const parent of parents) drafts.get(parent)?.children.push(code);
};

/** What a supplement adds to concepts that are there: designations and properties. FHIR R4 codesystem.html#supplements. */
const addSupplement = (drafts: ReadonlyMap<string, Draft>, supplement: Resource, mostConcepts: number): void => {
  for (const { code, designations, properties } of draftAll(supplement, mostConcepts).values()) {
    const draft = drafts.get(code);
    draft?.designations.push(...designations);
    draft?.properties.push(...properties);
  }
};

/** @throws FhirError `too-costly` where there are too many concepts */
export const compileCodeSystem = (
  resource: Resource,
  supplements: readonly Resource[],
  mostConcepts: number,
): CodeSystemForm => {
  const drafts = draftAll(resource, mostConcepts);
  link(drafts);
  for (const supplement of supplements) addSupplement(drafts, supplement, mostConcepts);
  const anyCase = resource.caseSensitive === false;
  const folded = new Map(anyCase ? [...drafts.values()].map((each) => [each.code.toLowerCase(), each]) : []);
  const declared = [resource, ...supplements].flatMap(({ property }) => listOf(property));
  const told = (name: 'version' | 'name' | 'title') => {
    const text = textOf(resource[name]);
    return text === undefined ? {} : { [name]: text };
  };
  return {
    url: textOf(resource.url) ?? '',
    ...told('version'),
    ...told('name'),
    ...told('title'),
    partial: resource.content !== undefined && resource.content !== 'complete',
    concepts: drafts,
    find: (code) => drafts.get(code) ?? (anyCase ? folded.get(code.toLowerCase()) : undefined),
    properties: new Map(
      declared.flatMap(({ code, description }) =>
        textOf(code) === undefined ? [] : [[String(code), textOf(description)]],
      ),
    ),
    weight: drafts.size,
  };
};

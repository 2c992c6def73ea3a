/** Filters of a ValueSet on the concepts of a code system. FHIR R4 valueset-filter-operator, codesystem.html#defined-props. */
import type { CodeSystemForm, Concept } from './code-system.ts';
import { unusable } from './faults.ts';
import { ancestorsOf, descendantsOf } from './hierarchy.ts';
import { type Json, textOf } from './json-read.ts';
import { compilePattern } from './pattern.ts';

export type Test = (concept: Concept) => boolean;

/** Names of the concept itself; `concept` and `code` speak of its place in the hierarchy. */
const itself = new Set(['concept', 'code']);
const builtIn = new Set([...itself, 'display', 'definition', 'parent', 'child', 'inactive', 'notSelectable', 'status']);

const printed = (value: unknown): readonly string[] => {
  if (typeof value === 'string') return [value];
  if (typeof value === 'boolean' || typeof value === 'number') return [String(value)];
  const code = typeof value === 'object' && value !== null && 'code' in value ? value.code : undefined;
  return typeof code === 'string' ? [code] : [];
};

/** The values of a concept under a name, as text. */
const valuesOf = (concept: Concept, name: string): readonly string[] => {
  const declared = concept.properties.flatMap(({ code, value }) => (code === name ? printed(value) : []));
  switch (name) {
    case 'concept':
    case 'code':
      return [concept.code];
    case 'display':
      return concept.display === undefined ? [] : [concept.display];
    case 'definition':
      return concept.definition === undefined ? [] : [concept.definition];
    case 'parent':
      return concept.parents;
    case 'child':
      return concept.children;
    case 'inactive':
      return [String(concept.inactive)];
    case 'notSelectable':
      return [String(concept.abstract)];
    default:
      return declared;
  }
};

const hierarchical = (system: CodeSystemForm, op: string, value: string): Test | undefined => {
  const code = system.find(value)?.code ?? value;
  switch (op) {
    case 'is-a': {
      const below = descendantsOf(system, code);
      return (concept) => concept.code === code || below.has(concept.code);
    }
    case 'descendent-of': {
      const below = descendantsOf(system, code);
      return (concept) => below.has(concept.code);
    }
    case 'is-not-a': {
      const below = descendantsOf(system, code);
      return (concept) => concept.code !== code && !below.has(concept.code);
    }
    case 'generalizes': {
      const above = ancestorsOf(system, code);
      return (concept) => concept.code === code || above.has(concept.code);
    }
    default:
      return undefined;
  }
};

const ofValues = (name: string, op: string, value: string, mostCharacters: number): Test | undefined => {
  const list = () => new Set(value.split(',').map((each) => each.trim()));
  switch (op) {
    case '=':
      return (concept) => valuesOf(concept, name).includes(value);
    case 'in': {
      const wanted = list();
      return (concept) => valuesOf(concept, name).some((each) => wanted.has(each));
    }
    case 'not-in': {
      const unwanted = list();
      return (concept) => !valuesOf(concept, name).some((each) => unwanted.has(each));
    }
    case 'exists': {
      if (value !== 'true' && value !== 'false') return undefined;
      const wanted = value === 'true';
      return (concept) => valuesOf(concept, name).length > 0 === wanted;
    }
    case 'regex': {
      const matches = compilePattern(value, mostCharacters);
      return (concept) => valuesOf(concept, name).some(matches);
    }
    default:
      return undefined;
  }
};

/** @throws FhirError where the filter cannot be evaluated: half a filter would let codes in that are not meant */
export const compileFilter = (system: CodeSystemForm, filter: Json, mostCharacters: number): Test => {
  const [property, op, value] = [textOf(filter.property), textOf(filter.op), textOf(filter.value)];
  if (property === undefined || op === undefined || value === undefined)
    throw unusable('a filter of the ValueSet has no property, operator or value');
  if (!builtIn.has(property) && !system.properties.has(property))
    throw unusable('a filter of the ValueSet names a property that the code system does not have');
  const test =
    (itself.has(property) ? hierarchical(system, op, value) : undefined) ??
    ofValues(property, op, value, mostCharacters);
  if (test === undefined) throw unusable('a filter of the ValueSet has an operator that cannot be evaluated here');
  return test;
};

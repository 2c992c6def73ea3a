/** Invariants of the definitions, evaluated by a FHIRPath engine: the only file here that touches `fhirpath`. FHIRPath N1. */
import fhirpath from 'fhirpath';
import model from 'fhirpath/fhir-context/r4';
import type { Constraint } from './structure-definition.ts';

type Evaluate = (value: unknown, around: { readonly resource: unknown; readonly rootResource: unknown }) => unknown;
const compiled = new Map<string, Evaluate | undefined>();

/** They speak of contained resources, walk through everything below, and hold where there are none. */
const ofContained = new Set(['dom-2', 'dom-3', 'dom-4', 'dom-5']);

type Json = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Every `#id` in a value: by Reference, canonical, uri or url. */
const fragments = (value: unknown): readonly string[] => {
  if (typeof value === 'string') return value.startsWith('#') ? [value] : [];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(fragments) : [];
};

/** R4 dom-3, whose expression the engine cannot evaluate: each contained resource is referred to, or refers to its container. */
const areReferredTo = (resource: Json): boolean => {
  const contained = Array.isArray(resource.contained) ? resource.contained.filter(isObject) : [];
  return contained.every((each) => {
    const others = fragments({ ...resource, contained: contained.filter((other) => other !== each) });
    return others.includes(`#${each.id}`) || fragments(each).includes('#');
  });
};

/** `trace` writes to the console otherwise. */
const quiet = (): void => undefined;

const compile = (base: string | undefined, expression: string): Evaluate | undefined => {
  const key = `${base ?? ''}|${expression}`;
  if (compiled.has(key)) return compiled.get(key);
  let evaluate: Evaluate | undefined;
  try {
    const path = base === undefined ? expression : { base, expression };
    evaluate = fhirpath.compile(path, model, { async: false, traceFn: quiet }) as Evaluate;
  } catch {
    evaluate = undefined;
  }
  compiled.set(key, evaluate);
  return evaluate;
};

/**
 * Whether a value meets a constraint; undefined where the engine cannot tell. `base` is the path of the element or the
 * name of its type, absent for a resource. What evaluates to nothing counts as met, as FHIRPath N1 §4.5 has it of `all`.
 */
export const holds = (
  { key, expression }: Constraint,
  value: unknown,
  base: string | undefined,
  around: { readonly resource: Json; readonly rootResource: unknown },
): boolean | undefined => {
  if (expression === undefined) return undefined;
  if (ofContained.has(key) && around.resource.contained === undefined) return true;
  if (key === 'dom-3' && isObject(value)) return areReferredTo(value);
  const evaluate = compile(base, expression);
  if (evaluate === undefined) return undefined;
  try {
    const result = evaluate(value, around);
    return Array.isArray(result) ? result.length === 0 || result[0] !== false : undefined;
  } catch {
    return undefined;
  }
};

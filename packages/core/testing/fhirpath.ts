/**
 * HL7's expressions evaluated as they are written, by a FHIRPath engine: what the compiled paths are held against. The
 * only file that touches `fhirpath`. FHIRPath N1; FHIR R4 fhirpath.html.
 */
import fhirpath from 'fhirpath';
import model from 'fhirpath/fhir-context/r4';
import { parseReference } from '../fhir/reference.ts';
import type { Resource } from '../fhir/resource.ts';

type Evaluate = (resource: Resource) => readonly unknown[];
const compiled = new Map<string, Evaluate>();

/**
 * `resolve() is Patient` asks for what a reference points to, which is not at hand: its type stands in the reference.
 * The user function answers with the type that `parseReference` or `Reference.type` says.
 */
const withoutResolve = (expression: string): string =>
  expression.replace(/resolve\(\) is (\w+)/g, "referenceType() = '$1'");

const referenceType = (inputs: readonly unknown[]): readonly string[] =>
  inputs.flatMap((input) => {
    const { reference, type } = input as { reference?: unknown; type?: unknown };
    const target = typeof reference === 'string' ? parseReference(reference, []) : undefined;
    const said = target?.kind === 'local' || target?.kind === 'foreign' ? (target.type ?? type) : type;
    return typeof said === 'string' ? [said] : [];
  });

/** Values of an expression on a resource; compiled once for each expression. */
export const evaluate = (expression: string, resource: Resource): readonly unknown[] => {
  const known = compiled.get(expression);
  if (known !== undefined) return known(resource);
  const run = fhirpath.compile(withoutResolve(expression), model, {
    async: false,
    userInvocationTable: { referenceType: { fn: referenceType, arity: { 0: [] }, internalStructures: false } },
  });
  const evaluator: Evaluate = (input) => {
    const own = structuredClone(input);
    return run(own, { resource: own }) as readonly unknown[];
  };
  compiled.set(expression, evaluator);
  return evaluator(resource);
};

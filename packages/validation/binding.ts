/** Coded values against the ValueSet that they are bound to. FHIR R4 terminologies.html#binding. */
import type { Expansion } from './value-set.ts';

/** `unknown`: the codes of a system that is in the ValueSet are not known here. */
export type Verdict = 'in' | 'out' | 'unknown';

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Code systems that are a grammar: BCP 13 media types with FHIR's short forms (R4 http.html#mime-type), BCP 47 languages. */
const grammars: ReadonlyMap<string, RegExp> = new Map([
  ['urn:ietf:bcp:13', /^(xml|json|ttl|[\w.+-]+\/[\w.+*-]+)(\s*;\s*[\w.+-]+=("[^"]*"|[^\s;]+))*$/],
  ['urn:ietf:bcp:47', /^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$/],
]);

const inSystem = (code: string, system: string, codes: readonly string[] | null): Verdict => {
  if (codes !== null) return codes.includes(code) ? 'in' : 'out';
  const grammar = grammars.get(system);
  if (grammar === undefined) return 'unknown';
  return grammar.test(code) ? 'in' : 'out';
};

const best = (verdicts: readonly Verdict[]): Verdict =>
  verdicts.includes('in') ? 'in' : verdicts.includes('unknown') ? 'unknown' : 'out';

const ofCoding = ({ system, code }: Readonly<Record<string, unknown>>, expansion: Expansion): Verdict => {
  if (typeof system !== 'string' || typeof code !== 'string' || !Object.hasOwn(expansion, system)) return 'out';
  return inSystem(code, system, expansion[system] ?? null);
};

/** A code, Coding, CodeableConcept or Quantity; a concept is in where one of its codings is. */
export const verdictOf = (value: unknown, expansion: Expansion | undefined): Verdict => {
  if (expansion === undefined) return 'unknown';
  if (typeof value === 'string')
    return best(Object.entries(expansion).map(([system, codes]) => inSystem(value, system, codes)));
  if (!isObject(value)) return 'out';
  if ('coding' in value || !('code' in value || 'system' in value)) {
    const codings = Array.isArray(value.coding) ? value.coding.filter(isObject) : [];
    return best(codings.map((coding) => ofCoding(coding, expansion)));
  }
  return ofCoding(value, expansion);
};

const dataAbsentReason = 'http://hl7.org/fhir/StructureDefinition/data-absent-reason';

/** Whether an element says instead of a value why there is none. US Core 6.1.0, Missing Data. */
export const saysAbsent = (element: unknown): boolean =>
  isObject(element) &&
  Array.isArray(element.extension) &&
  element.extension.some((each) => isObject(each) && each.url === dataAbsentReason);

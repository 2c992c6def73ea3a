/**
 * Canonical references and business versions, and what may change in an artefact that was published. FHIR R4
 * references.html#canonical, resource.html#canonical, resource.html#versions.
 */
import type { Issue } from './outcome.ts';
import type { Resource } from './resource.ts';

/** The types that others name by `url|version`. FHIR R4 metadataresource, those with a `url`. */
export const canonicalTypes: ReadonlySet<string> = new Set(
  (
    'ActivityDefinition CapabilityStatement ChargeItemDefinition CodeSystem CompartmentDefinition ConceptMap ' +
    'EffectEvidenceSynthesis EventDefinition Evidence EvidenceVariable ExampleScenario GraphDefinition ' +
    'ImplementationGuide Library Measure MessageDefinition OperationDefinition PlanDefinition Questionnaire ' +
    'ResearchDefinition ResearchElementDefinition RiskEvidenceSynthesis SearchParameter StructureDefinition ' +
    'StructureMap TerminologyCapabilities TestScript ValueSet'
  ).split(' '),
);

export interface Canonical {
  readonly url: string;
  readonly version?: string;
  /** id of an element or a contained resource in it */
  readonly fragment?: string;
}

/** `url|version#fragment`, the last two where they are given. */
export const parseCanonical = (text: string): Canonical => {
  const hash = text.indexOf('#');
  const [whole, fragment] = hash < 0 ? [text, ''] : [text.slice(0, hash), text.slice(hash + 1)];
  const bar = whole.indexOf('|');
  const [url, version] = bar < 0 ? [whole, ''] : [whole.slice(0, bar), whole.slice(bar + 1)];
  return { url, ...(version === '' ? {} : { version }), ...(fragment === '' ? {} : { fragment }) };
};

/** `4.0.1-ballot.2` is the parts 4, 0, 1 and the label `ballot.2`; `2023-06-29` has the parts 2023, 6, 29. */
const split = (version: string): { readonly parts: readonly string[]; readonly label: string } => {
  const [bare = ''] = version.trim().split('+');
  const [, main = bare, label = ''] = /^(.*?)-([A-Za-z].*)$/.exec(bare) ?? [];
  return { parts: main.split(/[.-]/), label };
};

const sign = (before: boolean, after: boolean): number => (before ? -1 : after ? 1 : 0);

/** Numbers by their value, before words; words by their characters. */
const comparePart = (a: string, b: string): number => {
  const numeric = [a, b].map((part) => /^\d+$/.test(part));
  if (numeric[0] !== numeric[1]) return numeric[0] === true ? -1 : 1;
  if (numeric[0] === true) return sign(BigInt(a) < BigInt(b), BigInt(a) > BigInt(b));
  return sign(a < b, a > b);
};

const compareParts = (a: readonly string[], b: readonly string[]): number => {
  for (const [i, part] of a.entries()) {
    const other = b[i];
    if (other === undefined) return 1;
    const order = comparePart(part, other);
    if (order !== 0) return order;
  }
  return a.length < b.length ? -1 : 0;
};

/**
 * The order of business versions, for sorting: part by part, numbers by their value, so that 1.9.0 is before 1.10.0; a
 * shorter version before the longer one that it begins; a label such as `-ballot` before the same version without one;
 * no version before any. Two that are equal by this (`1.1`, `1.01`) stand by their characters: only equal texts give 0.
 */
export const compareVersions = (a: string | undefined, b: string | undefined): number => {
  if (a === undefined || b === undefined) return sign(a === undefined && b !== undefined, a !== undefined);
  const [left, right] = [split(a), split(b)];
  const byParts = compareParts(left.parts, right.parts);
  if (byParts !== 0) return byParts;
  if (left.label === '' || right.label === '') {
    if (left.label !== right.label) return left.label === '' ? 1 : -1;
    return sign(a < b, a > b);
  }
  const byLabel = compareParts(left.label.split('.'), right.label.split('.'));
  return byLabel === 0 ? sign(a < b, a > b) : byLabel;
};

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

/** Equality of JSON values, whatever the order of their members. */
const same = (a: unknown, b: unknown): boolean => {
  if (!isObject(a) || !isObject(b)) return a === b;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => key in b && same(a[key], b[key]));
};

/** `meta` is the server's record of the resource, not content of the artefact. FHIR R4 resource.html#Meta. */
const changeable: ReadonlySet<string> = new Set(['id', 'meta', 'status', 'date', '_status', '_date']);
/** Out of these nothing becomes editable again: what was relied upon as active stays what it was. */
const published: ReadonlySet<unknown> = new Set(['active', 'retired']);

/** Whether two are the same artefact, whatever has become of its status since: what is not changeable is equal. */
export const sameArtefact = (one: Resource, other: Resource): boolean =>
  [...new Set([...Object.keys(one), ...Object.keys(other)])].every(
    (name) => changeable.has(name) || same(one[name], other[name]),
  );

const refusal = (type: string, element: string, diagnostics: string): Issue => ({
  severity: 'error',
  code: 'business-rule',
  diagnostics,
  expression: [`${type}.${element}`],
});

/**
 * Why an artefact may not be changed so; undefined where it may, and for types that are not canonical. One that is or
 * was active keeps its content: only `status` (to active or retired) and `date` change, and `meta`. Anything else is a
 * new business version, and a resource of its own.
 */
export const canonicalChange = (before: Resource, after: Resource): Issue | undefined => {
  const type = before.resourceType;
  if (!canonicalTypes.has(type) || !published.has(before.status)) return undefined;
  if (!published.has(after.status))
    return refusal(type, 'status', 'an artefact that was published stays active or becomes retired');
  const changed = [...new Set([...Object.keys(before), ...Object.keys(after)])].find(
    (name) => !changeable.has(name) && !same(before[name], after[name]),
  );
  if (changed === undefined) return undefined;
  return refusal(
    type,
    changed.slice(0, 64),
    'the content of a published artefact does not change, only its status and date: create it with another version',
  );
};

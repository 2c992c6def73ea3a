/**
 * How confidential a resource is by its security labels, and by those of the resources within it. FHIR R4
 * security-labels.html; HL7 v3-Confidentiality.
 */
import { type Confidentiality, confidentialityLevels } from './filter.ts';
import { carriedBy, containedIn } from './held-resource.ts';
import type { Coding, Resource } from './resource.ts';
import { actCode, isRestricting, presentLabel } from './sensitivity.ts';

/** The system in R4, and the names that it had before. */
const confidentialitySystems: ReadonlySet<string> = new Set([
  'http://terminology.hl7.org/CodeSystem/v3-Confidentiality',
  'http://hl7.org/fhir/v3/Confidentiality',
  'urn:oid:2.16.840.1.113883.5.25',
]);

/** The system of v3-Confidentiality, by any of its names. */
export const isOfConfidentiality = (system: string): boolean => confidentialitySystems.has(system);
const rank = (level: Confidentiality): number => confidentialityLevels.indexOf(level);

/** The labels in `meta.security`; what is not a Coding there is a label all the same, without a code. */
export const labelsOf = (resource: Resource): readonly Coding[] => {
  const labels: unknown = resource.meta?.security;
  if (labels === undefined) return [];
  return (Array.isArray(labels) ? labels : [labels]).map((label: unknown) =>
    typeof label === 'object' && label !== null ? label : {},
  );
};

/** The labels of a resource and of all within it, each under the present name of its system. */
export const labelsWithin = (resource: Resource): readonly Coding[] => {
  const labels = labelsOf(resource).flatMap((label) => {
    const present = presentLabel(label);
    return present === label ? [label] : [label, present];
  });
  const held = [...containedIn(resource), ...carriedBy(resource)];
  return held.length === 0 ? labels : [...labels, ...held.flatMap(labelsWithin)];
};

/** The sensitivities among labels, each once, under the present name of their system. */
export const sensitivitiesOf = (labels: readonly Coding[]): readonly Coding[] =>
  [...new Set(labels.filter(isRestricting).flatMap((label) => presentLabel(label).code ?? []))].map((code) => ({
    system: actCode,
    code,
  }));

/** The level that one label demands; undefined where it says nothing of confidentiality. */
const levelOf = (label: Coding): Confidentiality | undefined => {
  if (isRestricting(label)) return 'R';
  const { system, code } = label;
  const known = confidentialityLevels.find((level) => level === code);
  // A bare R or V is taken at its word: a label that lacks its system may only narrow.
  if (system === undefined) return known !== undefined && rank(known) > rank('N') ? known : undefined;
  if (!isOfConfidentiality(system)) return undefined;
  return known ?? 'V';
};

/** The highest of these; undefined where there is none. */
export const highestOf = ([first, ...rest]: readonly Confidentiality[]): Confidentiality | undefined =>
  first === undefined ? undefined : rest.reduce((high, level) => (rank(level) > rank(high) ? level : high), first);

/** The highest of the labels, at least R where one is a sensitivity; N where there is none; V where one is not known. */
export const confidentialityOf = (labels: readonly Coding[]): Confidentiality =>
  highestOf(labels.flatMap((label) => levelOf(label) ?? [])) ?? 'N';

/**
 * How confidential a resource is, with all within it. What is contained is a part of it, and as confidential unless it
 * says more; what a Bundle carries is as confidential as by itself, which is N where it has no label.
 */
export const confidentialityWithin = (resource: Resource): Confidentiality => {
  const parts = containedIn(resource);
  const labels = labelsOf(resource);
  const own = confidentialityOf(parts.length === 0 ? labels : [...labels, ...parts.flatMap(labelsWithin)]);
  const carried = carriedBy(resource);
  return carried.length === 0 ? own : (highestOf([own, ...carried.map(confidentialityWithin)]) ?? own);
};

const isConfidentiality = (label: Coding): boolean =>
  label.system === undefined
    ? levelOf(label) !== undefined && !isRestricting(label)
    : isOfConfidentiality(label.system);

/** By what a label is known again: system and code, or all that it says where it has no code. */
const labelKey = (label: Coding): string => {
  const { system = '', code } = presentLabel(label);
  return code === undefined ? JSON.stringify(label) : `${system}|${code}`;
};

/**
 * Whether what takes the place of a resource keeps its labels: it is no less confidential, and every other label that
 * stands anywhere in the one stands somewhere in the other. FHIR R4 security-labels.html, DS4P.
 */
export const keepsLabels = (before: Resource, after: Resource): boolean => {
  if (!isAtMost(confidentialityWithin(before), confidentialityWithin(after))) return false;
  const kept = new Set(labelsWithin(after).map(labelKey));
  return labelsWithin(before).every((label) => isConfidentiality(label) || kept.has(labelKey(label)));
};

/** Whether the JSON text of a resource may hold labels: a text without the word has none, and need not be parsed. */
export const mayHoldLabels = (json: string): boolean => json.includes('"security"') || json.includes('\\u');

/** The label of a level. */
export const labelOf = (code: Confidentiality): Coding => ({
  system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality',
  code,
});

/** Whether a level is at most another: U < L < M < N < R < V. */
export const isAtMost = (level: Confidentiality, limit: Confidentiality): boolean => rank(level) <= rank(limit);

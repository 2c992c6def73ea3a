/**
 * The labels of a Bundle that leaves: as confidential as the highest of what it holds, with every obligation and refrain
 * that any of it carries. FHIR R4 security-labels.html#high-water; HL7 DS4P.
 */
import type { Coding, Resource } from '@affinity/core/fhir/resource.ts';
import {
  confidentialityWithin,
  highestOf,
  isAtMost,
  labelOf,
  labelsWithin,
  mayHoldLabels,
} from '@affinity/core/fhir/security-label.ts';
import { actCode, isHandling } from '@affinity/core/fhir/sensitivity.ts';

/**
 * `bodies`: JSON texts of the resources in it, and of those that they were a part of. What is sensitive is not told of the
 * whole: only that it is restricted. None where all is normal and nothing is to be kept.
 */
export const bundleLabels = (bodies: readonly string[]): readonly Coding[] => {
  const labelled = bodies.filter(mayHoldLabels).map((body) => JSON.parse(body) as Resource);
  if (labelled.length === 0) return [];
  const level = highestOf(labelled.map(confidentialityWithin)) ?? 'N';
  const handling = labelled
    .flatMap(labelsWithin)
    .flatMap((label) => (isHandling(label) && label.system === actCode ? (label.code ?? []) : []));
  return [
    ...(isAtMost(level, 'N') ? [] : [labelOf(level)]),
    ...[...new Set(handling)].map((code) => ({ system: actCode, code })),
  ];
};

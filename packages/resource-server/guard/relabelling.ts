/**
 * Whoever may write a record may add to its labels, and may not weaken them: that takes a right of its own, which only an
 * administrator gives, and a record of its use. FHIR R4 security-labels.html; HL7 DS4P.
 */
import type { Resource } from '@affinity/core/fhir/resource.ts';
import type { ResourceFacts } from '@affinity/core/fhir/resource-facts.ts';
import { highestOf, isAtMost, keepsLabels, mayHoldLabels } from '@affinity/core/fhir/security-label.ts';
import { type About, aboutFacts, confidentialityOfBody } from './about.ts';

/** Whether the content keeps the labels of what is stored, whose JSON text is given. */
export const keepsLabelsOf =
  (content: Resource, { confidentiality }: ResourceFacts) =>
  (stored: string): boolean =>
    mayHoldLabels(stored) ? keepsLabels(JSON.parse(stored) as Resource, content) : isAtMost('N', confidentiality);

/** What the log is told of labels that change: it is as confidential as what was stored. */
export const aboutRelabelling = (stored: string, facts: ResourceFacts): About => {
  const about = aboutFacts(facts);
  return { ...about, confidentiality: highestOf([confidentialityOfBody(stored), about.confidentiality]) ?? 'V' };
};

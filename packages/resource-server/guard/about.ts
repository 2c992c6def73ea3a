/**
 * Whose records something is about, and how confidential it is: what the log is told beside the decision, so that an event
 * is shown to nobody who may not know of what it was about. FHIR R4 auditevent.html, security-labels.html.
 */
import type { Version } from '@affinity/core/fhir/backend.ts';
import { recordOwners } from '@affinity/core/fhir/compartment.ts';
import type { Confidentiality } from '@affinity/core/fhir/filter.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import type { ResourceFacts } from '@affinity/core/fhir/resource-facts.ts';
import { confidentialityWithin, isAtMost, mayHoldLabels } from '@affinity/core/fhir/security-label.ts';
import { type Answer, versionsIn } from '../answer.ts';

export interface About {
  readonly patients: readonly string[];
  /** the highest of what it is about */
  readonly confidentiality: Confidentiality;
}

export const aboutNothing: About = { patients: [], confidentiality: 'N' };

export const aboutFacts = ({ owners, confidentiality }: ResourceFacts): About => ({
  patients: owners,
  confidentiality,
});

/** Labels are rare: most texts need not be read. */
export const confidentialityOfBody = (body: string): Confidentiality =>
  mayHoldLabels(body) ? confidentialityWithin(JSON.parse(body) as Resource) : 'N';

/** @param ownBases absolute URLs at which the server's resources are known */
export const aboutVersions = (versions: readonly Version[], ownBases: readonly string[]): About => {
  const owners = new Set<string>();
  let highest: Confidentiality = 'N';
  for (const { patients, body } of versions) {
    for (const owner of patients ?? recordOwners(JSON.parse(body) as Resource, ownBases)) owners.add(owner);
    const level = confidentialityOfBody(body);
    if (!isAtMost(level, highest)) highest = level;
  }
  return { patients: [...owners], confidentiality: highest };
};

/** What an answer shows, and whom else an operation tells about. */
export const aboutAnswer = (answer: Answer, ownBases: readonly string[]): About => {
  const about = aboutVersions(versionsIn(answer), ownBases);
  const told = answer.kind === 'made' ? (answer.patients ?? []) : [];
  return told.length === 0 ? about : { ...about, patients: [...new Set([...about.patients, ...told])] };
};

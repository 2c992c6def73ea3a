/** What is handed out of a candidate that was admitted. FHIR R4 http.html#versioning. */
import type { Version } from '@affinity/core/fhir/backend.ts';
import type { ResourceFacts } from '@affinity/core/fhir/resource-facts.ts';
import type { Held } from './source.ts';

/** A candidate that is not written yet: what is handed out of it is known once it is. */
export interface Unwritten extends Held {
  readonly version: Version;
}
const isUnwritten = (held: Held): held is Unwritten => 'version' in held;

export const toVersion = (held: Held, { owners }: Pick<ResourceFacts, 'owners'>): Version => {
  if (isUnwritten(held)) return held.version;
  const { type, id, versionId, lastUpdated, body } = held;
  return { type, id, versionId, lastUpdated, body, patients: owners };
};

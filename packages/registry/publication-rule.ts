/**
 * What the registry has against a write that the rights allow: definitions are for everybody, so none is labelled; and where
 * two persons are needed, nothing becomes active, retired or deleted by one. FHIR R4 publicationstatus.
 */
import { type FhirError, fhirError } from '@affinity/core/fhir/outcome.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import type { Objects } from '@affinity/resource-server/asked.ts';

const published: ReadonlySet<unknown> = new Set(['active', 'retired']);

const isLabelled = ({ meta }: Resource): boolean =>
  typeof meta === 'object' && meta !== null && 'security' in meta && meta.security !== undefined;

export const createPublicationRule =
  (twoPersons: boolean): Objects =>
  ({ before, after }): FhirError | undefined => {
    if (after !== undefined && isLabelled(after))
      return fhirError(422, 'business-rule', 'what is in the registry is for everybody: it has no security label');
    if (!twoPersons) return undefined;
    if (after === undefined)
      return published.has(before?.status)
        ? fhirError(422, 'business-rule', 'what was published is not deleted: retire it, which another has to approve')
        : undefined;
    return published.has(after.status) && after.status !== before?.status
      ? fhirError(422, 'business-rule', 'two persons publish here: store a draft, then $publish or $retire it')
      : undefined;
  };

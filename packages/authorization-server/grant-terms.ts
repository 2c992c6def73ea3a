/** A grant as its Consent says it, and back: whoever keeps the Consents needs both. FHIR R4 consent.html. */
import type { Resource } from '@affinity/core/fhir/resource.ts';
import type { GrantTerms } from '@affinity/core/smart/grant-terms.ts';
import type { PresentGrant } from './grant-consents.ts';
import type { Grant } from './grants.ts';

/** @param person reference to whoever allowed it */
export const termsOf = (grant: Grant, { app, person }: Pick<GrantTerms, 'app' | 'person'>): GrantTerms => ({
  id: grant.id,
  clientId: grant.clientId,
  app,
  scope: grant.scope.split(' '),
  ...(grant.patient === undefined ? {} : { patient: grant.patient }),
  ...(person === undefined ? {} : { person }),
  ...(grant.clearance === undefined ? {} : { clearance: grant.clearance }),
  ...(grant.purpose === undefined ? {} : { purposes: grant.purpose.split(' ') }),
  given: grant.createdAt.getTime(),
  ends: grant.expiresAt.getTime(),
});

/** The grant as this Consent says it now, or undefined where nothing of it is left. */
export const presentGrant = (
  grant: Grant,
  consent: Resource | undefined,
  _purposes: readonly string[],
  _at: Date,
): PresentGrant | undefined => (consent?.status === 'active' ? { grant, exact: true } : undefined);

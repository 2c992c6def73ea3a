/** Consents of grants in memory: a test looks at them, and changes them as a person would through FHIR. */
import { grantConsentId } from '@affinity/core/fhir/consent.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { endedConsent, grantConsent } from '@affinity/core/smart/grant-consent.ts';
import type { GrantConsents } from '../grant-consents.ts';
import { presentGrant, termsOf } from '../grant-terms.ts';

export interface TestConsents extends GrantConsents {
  /** by the id of the Consent */
  readonly held: Map<string, Resource>;
}

export const createTestConsents = (base: string): TestConsents => {
  const held = new Map<string, Resource>();
  return {
    held,
    urlOf: (grantId) => `${base}/Consent/${grantConsentId(grantId)}`,
    write: async (_, grant) => {
      const id = grantConsentId(grant.id);
      held.set(id, grantConsent(termsOf(grant, { app: grant.clientId })));
    },
    read: async (_, grant, at) =>
      presentGrant(
        grant,
        held.get(grantConsentId(grant.id)),
        { purposes: grant.purpose?.split(' ') ?? [], ownBases: [base] },
        at,
      ),
    look: async (grantId) => held.get(grantConsentId(grantId)),
    end: async (_, grantId, at) => {
      const id = grantConsentId(grantId);
      const consent = held.get(id);
      if (consent?.status === 'active') held.set(id, endedConsent(consent, at.getTime()));
    },
  };
};

/** Consents as people give them, and a feed that tells of changes when a test says so. FHIR R4 consent.html. */
import type { ConsentChange, ConsentFeed } from '@affinity/core/fhir/consent-feed.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';

export const consent = (
  id: string,
  patient: string | undefined,
  more: object = {},
): Resource & { readonly id: string } => ({
  resourceType: 'Consent',
  id,
  status: 'active',
  scope: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/consentscope', code: 'patient-privacy' }] },
  category: [{ coding: [{ system: 'http://loinc.org', code: '59284-0' }] }],
  ...(patient === undefined ? {} : { patient: { reference: `Patient/${patient}` } }),
  dateTime: '2026-06-01',
  provision: { type: 'deny' },
  ...more,
});

/** Nobody can tell what it means. */
export const unclear = { provision: { type: 'perhaps' } };

export const createFeed = () => {
  const listeners = new Set<(change: ConsentChange) => void>();
  const state = { fresh: true };
  const feed: ConsentFeed = {
    isFresh: () => state.fresh,
    onChange: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  return Object.assign(state, {
    feed,
    tell: (change: ConsentChange): void => {
      for (const listener of listeners) listener(change);
    },
  });
};

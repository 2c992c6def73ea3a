/**
 * Which of a patient's Consents count at this moment. All that do are conjoined, so that the most restrictive wins; but
 * whoever gave one and later another for the same purposes has changed their mind. FHIR R4 consent.html; IHE PCF.
 */
import type { PrivacyConsent } from '@affinity/core/fhir/consent.ts';
import { isWithin } from './caller.ts';

/** The period of the base rule is that of the Consent. Where the time is not known, each counts. */
const isInForce = ({ provision }: PrivacyConsent, now: number | undefined): boolean =>
  isWithin(provision.period, now) !== false;

const matters = new WeakMap<PrivacyConsent, string>();
/** By whom and for which purposes of the base rule; '' where it is not known who gave it, or when. */
const matterOf = (consent: PrivacyConsent): string => {
  const before = matters.get(consent);
  if (before !== undefined) return before;
  const { grantors, given, provision } = consent;
  const purposes = provision.purposes.map(({ system = '', code = '' }) => `${system}|${code}`).sort();
  const matter = grantors.length === 0 || given === 0 ? '' : JSON.stringify([[...grantors].sort(), purposes]);
  matters.set(consent, matter);
  return matter;
};

/**
 * Those in force, without those that another in force supersedes: one that the same grantors gave later, for the same
 * purposes, neither more nor fewer. Two of the same time both count, and so does one of which it is not known when or by
 * whom it was given.
 */
export const consentsInForce = (
  consents: readonly PrivacyConsent[],
  now: number | undefined,
): readonly PrivacyConsent[] => {
  const inForce = consents.filter((consent) => isInForce(consent, now));
  if (inForce.length < 2) return inForce;
  const latest = new Map<string, number>();
  for (const consent of inForce) {
    const matter = matterOf(consent);
    latest.set(matter, Math.max(consent.given, latest.get(matter) ?? consent.given));
  }
  return inForce.filter((consent) => {
    const matter = matterOf(consent);
    return matter === '' || consent.given === latest.get(matter);
  });
};

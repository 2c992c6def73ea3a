/**
 * What the person's grant says at this moment: the FHIR Consent that it is. The token's scopes are the upper bound, the
 * grant is the present. FHIR R4 consent.html; RFC 6750 §3.1 `invalid_token`.
 */

import { grantConsentId } from '@affinity/core/fhir/consent.ts';
import { everything } from '@affinity/core/fhir/filter.ts';
import type { Question, Rule } from '../decision.ts';

const ended = (reason: string) => ({ kind: 'deny', status: 401, reason }) as const;

/** The grant that binds the token, or why there is none. */
const grantOf = ({ principal, facts }: Question) => {
  const { grant } = facts;
  if (principal.grant === undefined) return 'a user without a grant';
  if (grant === undefined || grant.id !== grantConsentId(principal.grant)) return 'the grant has ended';
  const { start = Number.NEGATIVE_INFINITY, end = Number.POSITIVE_INFINITY } = grant.provision.period ?? {};
  if (grant.provision.period !== undefined && (facts.now === undefined || facts.now < start || facts.now >= end)) {
    return 'the grant is not in force at this moment';
  }
  const named = grant.patient;
  if (named !== undefined && principal.patient !== undefined && named !== principal.patient) {
    return 'the grant is for another record';
  }
  return grant;
};

/** Only a backend service acts without the grant of a person. */
export const byGrant: Rule = (question) => {
  const { principal } = question;
  if (principal.grant === undefined && principal.user === undefined) return { kind: 'permit', filter: everything };
  const grant = grantOf(question);
  return typeof grant === 'string' ? ended(grant) : { kind: 'permit', filter: everything };
};

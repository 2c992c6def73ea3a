/**
 * What the person's grant says at this moment: the FHIR Consent that it is. The token's scopes are the upper bound, the
 * grant is the present. FHIR R4 consent.html; RFC 6750 §3.1 `invalid_token`.
 */

import { clientSystem, grantConsentId, type Provision } from '@affinity/core/fhir/consent.ts';
import { everything } from '@affinity/core/fhir/filter.ts';
import type { Question, Rule } from '../decision.ts';
import { isOfAuditLog } from './audit-log.ts';
import { isWithin } from './consent/caller.ts';
import { consentedBy } from './consent/provision.ts';
import { isOpenRead } from './open.ts';

const ended = (reason: string) => ({ kind: 'deny', status: 401, reason }) as const;

const forClients = new WeakMap<Provision, Map<string, Provision>>();

/** A permit that does not name the client gives it nothing. */
const forClient = (base: Provision, clientId: string): Provision => {
  const known = forClients.get(base) ?? new Map<string, Provision>();
  forClients.set(base, known);
  const before = known.get(clientId);
  if (before !== undefined) return before;
  const names = ({ actors }: Provision): boolean =>
    actors.some(({ identifier }) => identifier?.system === clientSystem && identifier.value === clientId);
  const provision = { ...base, provisions: base.provisions.filter((one) => one.type === 'deny' || names(one)) };
  known.set(clientId, provision);
  return provision;
};

const withoutLevels = new WeakMap<Provision, Provision>();

/** How confidential an event an auditor is told of is no matter of the grant: it is the office (`auditReach`). */
const forAuditor = (base: Provision): Provision => {
  const known = withoutLevels.get(base);
  if (known !== undefined) return known;
  const provisions = base.provisions.map((one) => (one.type === 'permit' ? { ...one, securityLabels: [] } : one));
  const provision = { ...base, provisions };
  withoutLevels.set(base, provision);
  return provision;
};

/** The grant that binds the token, or why there is none. */
const grantOf = ({ principal, facts }: Question) => {
  const { grant } = facts;
  if (principal.grant === undefined) return 'a user without a grant';
  if (grant === undefined || grant.id !== grantConsentId(principal.grant)) return 'the grant has ended';
  if (grant.provision.type !== 'deny') return 'the grant is not one that denies what it does not name';
  if (isWithin(grant.provision.period, facts.now) !== true) return 'the grant is not in force at this moment';
  const named = grant.patient;
  if (named !== undefined && principal.patient !== undefined && named !== principal.patient) {
    return 'the grant is for another record';
  }
  return grant;
};

/** Only a backend service acts without the grant of a person. */
export const byGrant: Rule = (question) => {
  const { principal } = question;
  if (isOpenRead(question)) return { kind: 'permit', filter: everything };
  if (principal.grant === undefined && principal.user === undefined) return { kind: 'permit', filter: everything };
  const grant = grantOf(question);
  if (typeof grant === 'string') return ended(grant);
  const provision = forClient(grant.provision, principal.clientId);
  const isAuditing = isOfAuditLog(question) && question.facts.auditor === true;
  const filter = consentedBy(isAuditing ? forAuditor(provision) : provision, question);
  if (filter.kind === 'nothing') return { kind: 'deny', status: 403, reason: 'the grant no longer gives this' };
  return { kind: 'permit', filter };
};

/**
 * Who may read the audit log, and that nobody rewrites it: a patient what happened in the patient's own record, an auditor
 * and a backend service everything. Being a practitioner gives no right to it. FHIR R4 security.html#audit; RESTful ATNA
 * ITI-20, ITI-81.
 */
import { allOf, everything, type Filter, nothing } from '@affinity/core/fhir/filter.ts';
import type { Principal } from '@affinity/core/smart/principal.ts';
import type { Compartment } from '@affinity/core/smart/scope.ts';
import type { Question, Rule } from '../decision.ts';

const auditType = 'AuditEvent';

export const isOfAuditLog = ({ interaction }: Question): boolean => interaction.type === auditType;

/** An event is as confidential as what it was about; an auditor is told of all. */
const ownEvents = (patient: string, { clearance = 'N' }: Principal): Filter =>
  allOf([
    { kind: 'compartment', patient },
    { kind: 'confidentiality', atMost: clearance },
  ]);

/** Whose events a scope of this compartment reaches. */
export const auditReach = (compartment: Compartment, { principal, facts }: Question): Filter => {
  const { user, fhirUser = '', patient } = principal;
  switch (compartment) {
    case 'patient':
      return patient === undefined ? nothing : ownEvents(patient, principal);
    case 'user': {
      if (user === undefined) return nothing;
      if (facts.auditor === true) return everything;
      const [type, id = ''] = fhirUser.split('/');
      return type === 'Patient' && id !== '' ? ownEvents(id, principal) : nothing;
    }
    case 'system':
      return principal.service === true && user === undefined ? everything : nothing;
  }
};

/** What was recorded stays as it was recorded, whatever the scopes say: new events are all that is taken. */
export const byAuditLog: Rule = (question) => {
  const { kind } = question.interaction;
  if (isOfAuditLog(question) && (kind === 'update' || kind === 'patch' || kind === 'delete')) {
    return { kind: 'deny', status: 403, reason: 'the audit log is only ever added to' };
  }
  return { kind: 'permit', filter: everything };
};

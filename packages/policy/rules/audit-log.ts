/**
 * Who may read the audit log, and that nobody rewrites it: a patient, and who acts for one, what happened in that record; an
 * auditor everything; a backend service what it was agreed to reach. Being a practitioner gives no right to it. FHIR R4 security.html#audit; RESTful ATNA
 * ITI-20, ITI-81.
 */
import { allOf, everything, type Filter, nothing } from '@affinity/core/fhir/filter.ts';
import type { Compartment } from '@affinity/core/smart/scope.ts';
import type { Question, Rule } from '../decision.ts';
import { clearanceOf } from './clearance.ts';
import { ownRecordsOf } from './compartment.ts';

const auditType = 'AuditEvent';

export const isOfAuditLog = ({ interaction }: Question): boolean => interaction.type === auditType;

/** An event is as confidential as what it was about; an auditor is told of all. */
const ownEvents = (patient: string, question: Question): Filter =>
  allOf([
    { kind: 'compartment', patient },
    { kind: 'confidentiality', atMost: clearanceOf(question) },
  ]);

/** Whose events a scope of this compartment reaches. */
export const auditReach = (compartment: Compartment, question: Question): Filter => {
  const { principal, facts } = question;
  const { user, fhirUser = '', patient, foreign } = principal;
  // It tells of our people: another domain hears of it from nobody but us.
  if (foreign !== undefined) return nothing;
  switch (compartment) {
    case 'patient':
      return user !== undefined && patient !== undefined && facts.patientsOf?.includes(patient)
        ? ownEvents(patient, question)
        : nothing;
    case 'user': {
      if (user === undefined) return nothing;
      if (facts.auditor === true) return everything;
      const [type, id = ''] = fhirUser.split('/');
      return type === 'Patient' && id !== '' ? ownEvents(id, question) : nothing;
    }
    case 'system':
      if (principal.service !== true || user !== undefined || facts.service === undefined) return nothing;
      return facts.service.records === 'all' ? everything : ownRecordsOf(facts.service.records);
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

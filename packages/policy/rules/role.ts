/**
 * Whose records a scope reaches: `patient/` those of the patient in context, `user/` what the user may, `system/` what a
 * backend service may by its pre-agreed policy. A scope is only ever for what the caller may at this moment. SMART App
 * Launch 2.2, scopes; SMART Backend Services.
 */
import { anyOf, everything, type Filter, nothing } from '@affinity/core/fhir/filter.ts';
import type { Compartment } from '@affinity/core/smart/scope.ts';
import { permissionFor } from '@affinity/core/smart/scope-interaction.ts';
import type { Question } from '../decision.ts';
import { auditReach, isOfAuditLog } from './audit-log.ts';
import { recordsOf, sharedTypes } from './compartment.ts';
import { emergencyPatient } from './emergency.ts';
import { isOpenType } from './open.ts';

/** Ids of the patients whose records are within reach. */
export type Reached = 'everybody' | readonly string[];
const nobody: Reached = [];

const userReaches = ({ principal, facts }: Question): Reached => {
  const { patientsOf = [], caredFor = [] } = facts;
  const [type, id] = (principal.fhirUser ?? '').split('/');
  if (id === undefined || id === '') return nobody;
  switch (type) {
    case 'Patient':
      return [id];
    case 'Practitioner':
      return facts.wholeServer === true ? 'everybody' : [...new Set([...patientsOf, ...caredFor])];
    case 'RelatedPerson':
    case 'Person':
      return patientsOf;
    default:
      return nobody;
  }
};

/** Whose records a scope of this compartment reaches for this caller; nobody's where a claim or fact for it is missing. */
export const patientsReached = (compartment: Compartment, question: Question): Reached => {
  const { principal, facts } = question;
  const { service, user, patient, foreign } = principal;
  if (compartment === 'system') {
    if (service !== true || user !== undefined || facts.service === undefined) return nobody;
    return facts.service.records === 'all' ? 'everybody' : facts.service.records;
  }
  // Who vouches for a user of theirs is their domain: for one patient whom both know, and no further.
  if (foreign !== undefined) return compartment === 'patient' && patient !== undefined ? [patient] : nobody;
  if (user === undefined) return nobody;
  const inEmergency = emergencyPatient(question);
  if (compartment === 'user') return inEmergency === undefined ? userReaches(question) : nobody;
  if (patient === undefined) return nobody;
  const mayActFor = patient === inEmergency || facts.patientsOf?.includes(patient) || facts.caredFor?.includes(patient);
  return mayActFor === true ? [patient] : nobody;
};

/**
 * Who gives care is shared with whoever reaches a record; their own entry whoever cares for nobody yet reads too: the app was told
 * of it by `fhirUser`, and reads it with the same token (SMART App Launch 2.2, scopes for requesting identity data).
 */
const ownEntry = ({ principal, interaction }: Question): Filter => {
  const [type = '', id = ''] = (principal.fhirUser ?? '').split('/');
  return isLook(interaction) && interaction.type === type && sharedTypes.has(type) && isKnown(principal, id)
    ? { kind: 'instance', type, id }
    : nothing;
};

const isLook = ({ kind }: Question['interaction']): boolean => 'rs'.includes(permissionFor[kind]);
const isKnown = ({ user }: Question['principal'], id: string): boolean => user !== undefined && id !== '';

/** The Consents that the user gave are the user's to read, in whoever's record; `consentor` is Consent.performer. */
export const consentsGiven = ({ principal, interaction }: Question): Filter => {
  const [type = '', id = ''] = (principal.fhirUser ?? '').split('/');
  return interaction.type === 'Consent' && isLook(interaction) && isKnown(principal, id)
    ? { kind: 'reference', param: 'consentor', type, id }
    : nothing;
};

/** What a scope of this compartment reaches for this caller. */
export const reachOf = (compartment: Compartment, question: Question): Filter => {
  if (isOfAuditLog(question)) return auditReach(compartment, question);
  // What a patient lets another domain have is not for that domain to say.
  const { principal, interaction } = question;
  if (principal.foreign !== undefined && interaction.type === 'Consent' && !isLook(interaction)) return nothing;
  // Definitions are written by whoever was made a publisher, and by services that reach everything.
  if (isOpenType(question) && compartment === 'user')
    return question.facts.publisher === true && question.principal.user !== undefined ? everything : nothing;
  const reached = patientsReached(compartment, question);
  if (reached === 'everybody') return everything;
  const records = recordsOf(reached, question.interaction);
  return compartment === 'user' ? anyOf([records, consentsGiven(question), ownEntry(question)]) : records;
};

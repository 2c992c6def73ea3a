/**
 * Whose records a scope reaches: `patient/` the patient in context, `user/` what the user may, `system/` what a backend
 * service may. SMART App Launch 2.2, scopes; FHIR R4 compartmentdefinition-patient.html.
 */
import { anyOf, everything, type Filter, nothing } from '@affinity/core/fhir/filter.ts';
import type { Compartment } from '@affinity/core/smart/scope.ts';
import type { Intent, Question } from '../decision.ts';
import { auditReach, isOfAuditLog } from './audit-log.ts';

/**
 * Types that speak of no patient: who gives care, where, with what, and by which definitions. They are outside every
 * patient's compartment, and what a record refers to cannot be understood without them, so a scope that names their type
 * or `*` may read them. Any other type is read only where it is the patient's own record.
 */
export const sharedTypes: ReadonlySet<string> = new Set(
  `ActivityDefinition CodeSystem DeviceDefinition Endpoint HealthcareService Location Measure Medication
   MedicationKnowledge ObservationDefinition Organization OrganizationAffiliation PlanDefinition Practitioner
   PractitionerRole Questionnaire SpecimenDefinition Substance ValueSet`.split(/\s+/),
);

const isWrite = (kind: Intent['kind']): boolean =>
  kind === 'create' || kind === 'update' || kind === 'patch' || kind === 'delete';

/** The records of these patients; what is shared can be read by whoever reaches one, and written by none of them. */
const recordsOf = (patients: readonly string[], { kind, type }: Intent): Filter => {
  if (patients.length > 0 && sharedTypes.has(type)) return isWrite(kind) ? nothing : everything;
  return anyOf(patients.map((patient) => ({ kind: 'compartment', patient })));
};

const userReach = ({ principal, interaction, facts }: Question): Filter => {
  if (principal.user === undefined || principal.fhirUser === undefined) return nothing;
  const [type, id] = principal.fhirUser.split('/');
  switch (type) {
    case 'Patient':
      return id === undefined || id === '' ? nothing : recordsOf([id], interaction);
    case 'Practitioner':
      return facts.wholeServer === true ? everything : recordsOf(facts.patientsOf ?? [], interaction);
    case 'RelatedPerson':
    case 'Person':
      return recordsOf(facts.patientsOf ?? [], interaction);
    default:
      return nothing;
  }
};

/** What a scope of this compartment reaches for this caller; nothing where the claim that it needs is missing. */
export const reachOf = (compartment: Compartment, question: Question): Filter => {
  const { principal, interaction } = question;
  if (isOfAuditLog(question)) return auditReach(compartment, question);
  switch (compartment) {
    case 'patient':
      return principal.patient === undefined ? nothing : recordsOf([principal.patient], interaction);
    case 'user':
      return userReach(question);
    case 'system':
      return principal.service === true && principal.user === undefined ? everything : nothing;
  }
};

/** The records of patients as a Filter, and what is in nobody's. FHIR R4 compartmentdefinition-patient.html. */
import { everything, type Filter, nothing } from '@affinity/core/fhir/filter.ts';
import type { Intent } from '../decision.ts';

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

/** The own records of these patients, and of no other. */
export const ownRecordsOf = (patients: readonly string[]): Filter => {
  const [only] = patients;
  if (only === undefined) return nothing;
  return patients.length === 1 ? { kind: 'compartment', patient: only } : { kind: 'compartments', patients };
};

/** The records of these patients; what is shared can be read by whoever reaches one, and written by none of them. */
export const recordsOf = (patients: readonly string[], { kind, type }: Intent): Filter => {
  if (patients.length > 0 && sharedTypes.has(type)) return isWrite(kind) ? nothing : everything;
  return ownRecordsOf(patients);
};

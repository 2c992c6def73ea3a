/** The scopes that US Core asks a server to grant: one of each type, and of parts of two types. US Core 6.1.0, SMART on FHIR Obligations and Capabilities (scopes). */

/** Each with `.rs`; Location and Medication may be, the others shall be. */
export const usCoreTypes = [
  'AllergyIntolerance',
  'CarePlan',
  'CareTeam',
  'Condition',
  'Coverage',
  'Device',
  'DiagnosticReport',
  'DocumentReference',
  'Encounter',
  'FamilyMemberHistory',
  'Goal',
  'Immunization',
  'Location',
  'Medication',
  'MedicationDispense',
  'MedicationRequest',
  'Observation',
  'Organization',
  'Patient',
  'Practitioner',
  'PractitionerRole',
  'Procedure',
  'Provenance',
  'QuestionnaireResponse',
  'RelatedPerson',
  'ServiceRequest',
  'Specimen',
] as const;

const condition = 'http://terminology.hl7.org/CodeSystem/condition-category';
const observation = 'http://terminology.hl7.org/CodeSystem/observation-category';
const usCore = 'http://hl7.org/fhir/us/core/CodeSystem';

/** By category. */
export const usCoreParts: readonly (readonly [type: string, category: string])[] = [
  ['Condition', `${condition}|encounter-diagnosis`],
  ['Condition', `${condition}|problem-list-item`],
  ['Condition', `${usCore}/condition-category|health-concern`],
  ['Observation', `${observation}|laboratory`],
  ['Observation', `${observation}|social-history`],
  ['Observation', `${observation}|survey`],
  ['Observation', `${observation}|vital-signs`],
  ['Observation', `${usCore}/us-core-category|sdoh`],
];

/** For one patient's record, and for all that a person may see. */
export const usCoreScopes: readonly string[] = ['patient', 'user'].flatMap((compartment) => [
  ...usCoreTypes.map((type) => `${compartment}/${type}.rs`),
  ...usCoreParts.map(([type, category]) => `${compartment}/${type}.rs?category=${category}`),
]);

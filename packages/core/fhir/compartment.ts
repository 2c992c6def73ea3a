/**
 * Whose record a resource is. HL7's Patient compartment says which patients a resource has to do with, by any role
 * (CompartmentDefinition/patient 4.0.1); what a patient's own scope opens is narrower: the resources that are *about*
 * that patient, by the one element in the table below. FHIR R4 compartmentdefinition-patient.html.
 */
import definition from './definitions/patient-compartment.json' with { type: 'json' };
import { parseReference } from './reference.ts';
import { isResourceId, type Resource } from './resource.ts';
import type { ReferenceEntry } from './search-index.ts';

const parameters = new Map<string, readonly string[]>(Object.entries(definition));

/** Search parameters that put a resource of this type into a patient's compartment; none: the type is in no compartment. */
export const compartmentParameters = (type: string): readonly string[] => parameters.get(type) ?? [];

/**
 * The element that says whose record a resource is, for each type that can be somebody's. A type that is not here is
 * nobody's record, though it may be in a compartment; those left out on purpose are in `nobodysRecord`.
 */
export const ownerElements: Readonly<Record<string, string>> = {
  Account: 'subject', // not guarantor: who pays is not whom it is about; several subjects share it, and then nobody owns it
  AdverseEvent: 'subject', // not recorder or contributor
  AllergyIntolerance: 'patient', // not recorder or asserter
  AppointmentResponse: 'actor', // the answer of one participant, about that participant alone
  Basic: 'subject', // not author
  BodyStructure: 'patient',
  CarePlan: 'subject', // not activity.detail.performer
  CareTeam: 'subject', // not participant: a patient may be in the team that cares for another
  ChargeItem: 'subject',
  Claim: 'patient', // not payee: who is paid may be a relative
  ClaimResponse: 'patient',
  ClinicalImpression: 'subject',
  Communication: 'subject', // not sender or recipient: it may be sent about another
  CommunicationRequest: 'subject', // not sender, recipient or requester
  Composition: 'subject', // not author or attester
  Condition: 'subject', // not asserter
  Consent: 'patient', // not performer
  Coverage: 'beneficiary', // not subscriber, policyHolder or payor: they may be a parent or a spouse
  CoverageEligibilityRequest: 'patient',
  CoverageEligibilityResponse: 'patient',
  DetectedIssue: 'patient',
  Device: 'patient', // not in HL7's compartment; US Core's implantable devices are records of their bearer
  DeviceRequest: 'subject', // not performer
  DeviceUseStatement: 'subject',
  DiagnosticReport: 'subject',
  DocumentManifest: 'subject', // not author or recipient
  DocumentReference: 'subject', // not author
  Encounter: 'subject',
  EnrollmentRequest: 'candidate', // its search parameter is named subject
  EpisodeOfCare: 'patient',
  ExplanationOfBenefit: 'patient', // not payee
  FamilyMemberHistory: 'patient', // speaks of relatives, yet as the patient's own history
  Flag: 'subject',
  Goal: 'subject',
  ImagingStudy: 'subject',
  Immunization: 'patient',
  ImmunizationEvaluation: 'patient',
  ImmunizationRecommendation: 'patient',
  Invoice: 'subject', // not recipient: who receives the bill may be a relative
  List: 'subject', // not source; its items are references, each judged when it is read
  MeasureReport: 'subject', // an individual's report; a report on a group has a Group or nothing here
  Media: 'subject',
  MedicationAdministration: 'subject', // not performer
  MedicationDispense: 'subject', // not receiver
  MedicationRequest: 'subject',
  MedicationStatement: 'subject',
  MolecularSequence: 'patient',
  NutritionOrder: 'patient',
  Observation: 'subject', // not performer: a relative may report about the patient
  Procedure: 'subject', // not performer
  Provenance: 'target', // of the Patient resource itself; several patients share it, and then nobody owns it
  QuestionnaireResponse: 'subject', // not author
  RelatedPerson: 'patient',
  RequestGroup: 'subject', // not action.participant
  ResearchSubject: 'individual',
  RiskAssessment: 'subject',
  ServiceRequest: 'subject', // not performer
  Specimen: 'subject',
  SupplyDelivery: 'patient',
  SupplyRequest: 'deliverTo', // its search parameter is named subject
  Task: 'for', // not focus: a task may be about a resource of another
  VisionPrescription: 'patient',
};

/** Types of HL7's compartment that are nobody's record, because they hold what is other people's beside one's own. */
export const nobodysRecord: readonly string[] = [
  'Appointment', // names all participants
  'AuditEvent', // names who else was asked about
  'Group', // names its members
  'Person', // links the records of one person under several roles
  'Schedule', // belongs to its actors' calendar
];

/** Patients in whose compartment a resource is: by HL7's parameters, as the owner, and a Patient in its own. */
export const compartmentsOf = (
  resource: Resource,
  references: readonly ReferenceEntry[],
  owners: readonly string[],
): readonly string[] => {
  const params = compartmentParameters(resource.resourceType);
  const members = references.filter(({ param, type }) => type === 'Patient' && params.includes(param));
  return [...new Set([...owners, ...members.map(({ id }) => id)])];
};

const referencesIn = (value: unknown): readonly unknown[] =>
  value === undefined || value === null ? [] : Array.isArray(value) ? value : [value];

/**
 * Ids of the patients whose record a resource is. A Patient is its own record, and nobody's through `link`. Nobody's is
 * also what names, where the owner should stand, something that cannot be resolved to this server: a contained
 * resource, an identifier alone, another server's resource. Several ids mean a record shared by several.
 */
export const recordOwners = (resource: Resource, ownBases: readonly string[]): readonly string[] => {
  if (resource.resourceType === 'Patient')
    return resource.id !== undefined && isResourceId(resource.id) ? [resource.id] : [];
  const element = Object.hasOwn(ownerElements, resource.resourceType)
    ? ownerElements[resource.resourceType]
    : undefined;
  const owners = new Set<string>();
  if (element === undefined) return [];
  for (const value of referencesIn(resource[element])) {
    const literal: unknown =
      typeof value === 'object' && value !== null && 'reference' in value ? value.reference : undefined;
    const target = typeof literal === 'string' ? parseReference(literal, ownBases) : undefined;
    if (target?.kind !== 'local') return [];
    if (target.type === 'Patient') owners.add(target.id);
  }
  return [...owners];
};

/**
 * Whose record a resource is. HL7's Patient compartment says which patients a resource has to do with, by any role
 * (CompartmentDefinition/patient 4.0.1); what a patient's own scope opens is narrower: the resources that are *about*
 * that patient, by the one element in the table below. FHIR R4 compartmentdefinition-patient.html.
 */
import definition from './definitions/patient-compartment.json' with { type: 'json' };
import { parseReference, type Target } from './reference.ts';
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

/**
 * Types that are in a record through other resources, by the element that names these: in the record of the one patient
 * in whose records all of them are, else nobody's.
 */
export const throughElements: Readonly<Record<string, string>> = {
  Binary: 'securityContext',
  Provenance: 'target', // its targets' record, whichever type they have
};

/** Types of HL7's compartment that are nobody's record, because they hold what is other people's beside one's own. */
export const nobodysRecord: readonly string[] = [
  'Appointment', // names all participants
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

const targetOf = (value: unknown, ownBases: readonly string[]): Target | undefined => {
  const literal: unknown =
    typeof value === 'object' && value !== null && 'reference' in value ? value.reference : undefined;
  return typeof literal === 'string' ? parseReference(literal, ownBases) : undefined;
};

interface LocalResource {
  readonly type: string;
  readonly id: string;
}

/**
 * The resources through which a resource is in a record; undefined where its type is in one by itself or in none. `whole`:
 * false where one is named that can never say whose it is: one of another server, a contained one, and one that is itself
 * in a record through others (but a Provenance of a Binary is in the Binary's), so that nothing owns itself by a circle.
 */
export const ownedThrough = (
  resource: Resource,
  ownBases: readonly string[],
): { readonly targets: readonly LocalResource[]; readonly whole: boolean } | undefined => {
  const { resourceType } = resource;
  const element = Object.hasOwn(throughElements, resourceType) ? throughElements[resourceType] : undefined;
  if (element === undefined) return undefined;
  const values = referencesIn(resource[element]);
  const targets = new Map<string, LocalResource>();
  let whole = true;
  for (const value of values) {
    const target = targetOf(value, ownBases);
    const says =
      target?.kind === 'local' &&
      (!Object.hasOwn(throughElements, target.type) || (resourceType === 'Provenance' && target.type === 'Binary'));
    if (says) targets.set(`${target.type}/${target.id}`, { type: target.type, id: target.id });
    else whole = false;
  }
  return { targets: [...targets.values()], whole };
};

const ownersThrough = (
  { targets, whole }: { readonly targets: readonly LocalResource[]; readonly whole: boolean },
  ownersOf: OwnersOf,
): readonly string[] => {
  if (!whole) return [];
  const each = targets.map((target) => (target.type === 'Patient' ? [target.id] : (ownersOf(target) ?? [])));
  const [first] = each;
  const [owner] = first ?? [];
  return owner !== undefined && each.every((owners) => owners.length === 1 && owners[0] === owner) ? [owner] : [];
};

/**
 * An AuditEvent is of the one patient that its entities name. One that names several, or one in the patient's place that
 * is not of this server, is nobody's: it would tell one patient of another.
 */
const ownersOfEvent = (resource: Resource, ownBases: readonly string[]): readonly string[] => {
  const owners = new Set<string>();
  for (const entity of referencesIn(resource.entity)) {
    if (typeof entity !== 'object' || entity === null || !('what' in entity)) continue;
    const target = targetOf(entity.what, ownBases);
    const isPatient = 'role' in entity && isCode(entity.role, '1');
    if (target?.kind === 'local' && target.type === 'Patient') owners.add(target.id);
    else if (isPatient || (target?.kind === 'foreign' && target.type === 'Patient')) return [];
  }
  return owners.size === 1 ? [...owners] : [];
};
const isCode = (coding: unknown, code: string): boolean =>
  typeof coding === 'object' && coding !== null && 'code' in coding && coding.code === code;

/** Whose record another resource is; undefined: it is not known here. */
export type OwnersOf = (target: LocalResource) => readonly string[] | undefined;
const nobodysElse: OwnersOf = () => undefined;

/**
 * Ids of the patients whose record a resource is. A Patient is its own record, and nobody's through `link`. Nobody's is
 * also what names, where the owner should stand, something that cannot be resolved to this server: a contained
 * resource, an identifier alone, another server's resource. Several ids mean a record shared by several.
 */
export const recordOwners = (
  resource: Resource,
  ownBases: readonly string[],
  ownersOf: OwnersOf = nobodysElse,
): readonly string[] => {
  const { resourceType } = resource;
  if (resourceType === 'Patient') return resource.id !== undefined && isResourceId(resource.id) ? [resource.id] : [];
  if (resourceType === 'AuditEvent') return ownersOfEvent(resource, ownBases);
  const through = ownedThrough(resource, ownBases);
  if (through !== undefined) return ownersThrough(through, ownersOf);
  const element = Object.hasOwn(ownerElements, resourceType) ? ownerElements[resourceType] : undefined;
  const owners = new Set<string>();
  if (element === undefined) return [];
  for (const value of referencesIn(resource[element])) {
    const target = targetOf(value, ownBases);
    if (target?.kind !== 'local') return [];
    if (target.type === 'Patient') owners.add(target.id);
  }
  return [...owners];
};

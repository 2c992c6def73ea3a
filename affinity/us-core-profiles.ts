/** The profiles of US Core 6.1.0, by type: what the CapabilityStatement says is supported. US Core 6.1.0 CapabilityStatement-us-core-server. */

export const usCoreServer = 'http://hl7.org/fhir/us/core/CapabilityStatement/us-core-server';

/** Names as in the last part of their URL, without `us-core-` where they begin so. */
const names: Readonly<Record<string, string>> = {
  AllergyIntolerance: '-allergyintolerance',
  CarePlan: '-careplan',
  CareTeam: '-careteam',
  Condition: '-condition-encounter-diagnosis -condition-problems-health-concerns',
  Coverage: '-coverage',
  Device: '-implantable-device',
  DiagnosticReport: '-diagnosticreport-lab -diagnosticreport-note',
  DocumentReference: '-documentreference',
  Encounter: '-encounter',
  Goal: '-goal',
  Immunization: '-immunization',
  Location: '-location',
  Medication: '-medication',
  MedicationDispense: '-medicationdispense',
  MedicationRequest: '-medicationrequest',
  Observation: `-observation-lab -observation-pregnancystatus -observation-pregnancyintent -observation-occupation
    -respiratory-rate -simple-observation -heart-rate -body-temperature pediatric-weight-for-height -pulse-oximetry
    -smokingstatus -observation-sexual-orientation -head-circumference -body-height -bmi
    -observation-screening-assessment -blood-pressure -observation-clinical-result pediatric-bmi-for-age
    head-occipital-frontal-circumference-percentile -body-weight`,
  Organization: '-organization',
  Patient: '-patient',
  Practitioner: '-practitioner',
  PractitionerRole: '-practitionerrole',
  Procedure: '-procedure',
  Provenance: '-provenance',
  QuestionnaireResponse: '-questionnaireresponse',
  RelatedPerson: '-relatedperson',
  ServiceRequest: '-servicerequest',
  Specimen: '-specimen',
};

const urlOf = (name: string): string =>
  `http://hl7.org/fhir/us/core/StructureDefinition/${name.startsWith('-') ? `us-core${name}` : name}`;

export const usCoreProfiles: Readonly<Record<string, readonly string[]>> = Object.fromEntries(
  Object.entries(names).map(([type, list]) => [type, list.split(/\s+/).map(urlOf)]),
);

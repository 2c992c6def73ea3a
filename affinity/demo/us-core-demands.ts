/** What US Core 6.1.0 demands of the profiles that the synthetic records claim, as tables for the tests. */

export interface Demand {
  /** Elements that every resource of the profile has. */
  readonly always: readonly string[];
  /** Must-support elements: at least one resource of the profile has each. */
  readonly somewhere?: readonly string[];
  /** Codes that an element may have. */
  readonly codes?: Readonly<Record<string, readonly string[]>>;
}

/** The words of a text. */
const words = (text: string): string[] => text.split(' ');

const gender = words('male female other unknown');
const observationStatus = words('registered preliminary final amended corrected cancelled entered-in-error unknown');
const requestStatus = words('draft active on-hold revoked completed entered-in-error unknown');
const eventStatus = words('preparation in-progress not-done on-hold stopped completed entered-in-error unknown');
const clinicalStatus = words('active recurrence relapse inactive remission resolved');
const telecomSystem = words('phone fax email pager url sms other');
const intents = words('proposal plan order original-order reflex-order filler-order instance-order option directive');

const condition: Demand = {
  always: words(
    'category.coding.code code.coding.code subject.reference clinicalStatus verificationStatus recordedDate onsetDateTime',
  ),
  somewhere: ['abatementDateTime', 'extension.valueDateTime'],
  codes: {
    'clinicalStatus.coding.code': clinicalStatus,
    'verificationStatus.coding.code': words('unconfirmed provisional differential confirmed refuted entered-in-error'),
    'category.coding.code': words('problem-list-item health-concern encounter-diagnosis sdoh'),
  },
};

const observation = (...always: string[]): Demand => ({
  always: ['status', 'category.coding.code', 'code.coding.code', 'subject.reference', ...always],
  codes: { status: observationStatus },
});

const vitalSign = (code: string, unit: string): Demand => ({
  always: words('status subject.reference effectiveDateTime valueQuantity.value valueQuantity.unit'),
  codes: {
    status: observationStatus,
    'category.coding.code': ['vital-signs'],
    'code.coding.code': [code, '59408-5'],
    'valueQuantity.code': [unit],
    'valueQuantity.system': ['http://unitsofmeasure.org'],
  },
});

const report: Demand = {
  always: words(
    'status category.coding.code code subject.reference effectiveDateTime issued performer.reference result.reference',
  ),
  codes: {
    status: words('registered partial preliminary final amended corrected appended cancelled entered-in-error unknown'),
    'category.coding.code': words('LAB LP29684-5 LP29708-2 LP7839-6'),
  },
};

/** The demands of each profile, by the last part of its address. */
export const demands: Readonly<Record<string, Demand>> = {
  'us-core-patient': {
    always: words(
      'identifier.system identifier.value name.family name.given gender birthDate telecom.system telecom.value address.line address.city address.state address.postalCode communication.language',
    ),
    somewhere: words('name.suffix name.period.end address.period.end deceasedDateTime telecom.use'),
    codes: {
      gender,
      'name.use': words('usual official temp nickname anonymous old maiden'),
      'address.use': words('home work temp old billing'),
      'telecom.system': telecomSystem,
      'telecom.use': words('home work temp old mobile'),
      'identifier.use': words('usual official temp secondary old'),
    },
  },
  'us-core-relatedperson': {
    always: words('active patient.reference relationship name telecom address'),
    codes: { gender },
  },
  'us-core-coverage': {
    always: words(
      'identifier.type status type subscriberId beneficiary.reference relationship period payor.reference class.type class.value class.name',
    ),
    codes: { status: words('active cancelled draft entered-in-error') },
  },
  'us-core-organization': {
    always: words(
      'identifier.system identifier.value active name telecom.system telecom.value address.line address.city address.state address.postalCode address.country',
    ),
    codes: { 'telecom.system': telecomSystem },
  },
  'us-core-location': {
    always: words('status name telecom address.line managingOrganization.reference'),
    codes: { status: words('active suspended inactive'), mode: ['instance', 'kind'] },
  },
  'us-core-practitioner': {
    always: words('identifier.system identifier.value name.family telecom.system telecom.value'),
    codes: { gender },
  },
  'us-core-practitionerrole': {
    always: words(
      'practitioner.reference organization.reference code specialty location.reference telecom.system telecom.value endpoint.reference',
    ),
  },
  'us-core-encounter': {
    always: words(
      'identifier.system identifier.value status class.code type subject.reference participant.type participant.period participant.individual period reasonCode location.location serviceProvider',
    ),
    somewhere: ['hospitalization.dischargeDisposition'],
    codes: {
      status: words('planned arrived triaged in-progress onleave finished cancelled entered-in-error unknown'),
      'class.code': words('AMB VR EMER IMP'),
    },
  },
  'us-core-condition-problems-health-concerns': condition,
  'us-core-condition-encounter-diagnosis': { ...condition, always: [...condition.always, 'encounter.reference'] },
  'us-core-allergyintolerance': {
    always: words('clinicalStatus verificationStatus code.coding.code patient.reference'),
    somewhere: ['reaction.manifestation'],
    codes: {
      'clinicalStatus.coding.code': words('active inactive resolved'),
      'verificationStatus.coding.code': words('unconfirmed presumed confirmed refuted entered-in-error'),
      category: words('food medication environment biologic'),
      criticality: words('low high unable-to-assess'),
      'reaction.severity': words('mild moderate severe'),
    },
  },
  'us-core-careteam': {
    always: words('status subject.reference participant.role participant.member.reference'),
    codes: { status: words('proposed active suspended inactive entered-in-error') },
  },
  'us-core-careplan': {
    always: words('text.div status intent category subject.reference'),
    codes: {
      'text.status': ['generated', 'additional'],
      status: requestStatus,
      intent: words('proposal plan order option'),
      'category.coding.code': ['assess-plan'],
    },
  },
  'us-core-goal': {
    always: words('lifecycleStatus description subject.reference startDate target.dueDate'),
    codes: {
      lifecycleStatus: words('proposed planned accepted active on-hold completed cancelled entered-in-error rejected'),
    },
  },
  'us-core-medication': { always: ['code'], codes: { status: words('active inactive entered-in-error') } },
  'us-core-medicationrequest': {
    always: words(
      'status intent category subject.reference authoredOn requester.reference dosageInstruction.text dosageInstruction.timing dosageInstruction.doseAndRate.doseQuantity',
    ),
    somewhere: words(
      'reportedBoolean reportedReference medicationReference medicationCodeableConcept encounter reasonCode reasonReference dispenseRequest.numberOfRepeatsAllowed dispenseRequest.quantity',
    ),
    codes: {
      status: words('active on-hold cancelled completed entered-in-error stopped draft unknown'),
      intent: intents,
    },
  },
  'us-core-medicationdispense': {
    always: words(
      'status subject.reference performer.actor authorizingPrescription type quantity whenHandedOver dosageInstruction.text',
    ),
    codes: { status: [...eventStatus, 'cancelled', 'declined'] },
  },
  'us-core-immunization': {
    always: words('status vaccineCode patient.reference primarySource'),
    somewhere: words('occurrenceDateTime _occurrenceDateTime.extension statusReason'),
    codes: { status: words('completed entered-in-error not-done') },
  },
  'us-core-procedure': {
    always: words('status code subject.reference performedDateTime performer.actor'),
    somewhere: ['basedOn'],
    codes: { status: eventStatus },
  },
  'us-core-servicerequest': {
    always: words('status intent category code subject.reference occurrencePeriod authoredOn requester'),
    somewhere: ['reasonCode', 'reasonReference'],
    codes: { status: requestStatus, intent: intents },
  },
  'us-core-specimen': {
    always: ['type', 'subject.reference'],
    codes: { status: words('available unavailable unsatisfactory entered-in-error') },
  },
  'us-core-diagnosticreport-lab': report,
  'us-core-diagnosticreport-note': {
    ...report,
    always: [...report.always, 'presentedForm.data'],
    somewhere: ['encounter'],
  },
  'us-core-documentreference': {
    always: words(
      'identifier status type category subject.reference date author content.attachment.contentType content.attachment.data content.format context.encounter context.period',
    ),
    codes: { status: words('current superseded entered-in-error'), 'category.coding.code': ['clinical-note'] },
  },
  'us-core-implantable-device': {
    always: words(
      'udiCarrier.deviceIdentifier udiCarrier.carrierHRF distinctIdentifier manufactureDate expirationDate lotNumber serialNumber type patient.reference',
    ),
    codes: { status: words('active inactive entered-in-error unknown') },
  },
  'us-core-questionnaireresponse': {
    always: words('identifier questionnaire status subject authored author item.linkId item.text item.answer'),
    codes: { status: words('in-progress completed amended entered-in-error stopped') },
  },
  'us-core-provenance': {
    always: words('target.reference recorded agent.type agent.who agent.onBehalfOf'),
    codes: { 'agent.type.coding.code': ['author', 'transmitter'] },
  },
  'us-core-observation-lab': {
    ...observation('effectiveDateTime'),
    somewhere: words('valueQuantity valueCodeableConcept valueString specimen referenceRange interpretation'),
  },
  'us-core-observation-clinical-result': {
    ...observation('effectiveDateTime'),
    somewhere: words('valueQuantity valueCodeableConcept valueString'),
  },
  'us-core-simple-observation': {
    ...observation('effectiveDateTime', 'performer'),
    somewhere: words('valueQuantity valueCodeableConcept valueString valueBoolean derivedFrom'),
  },
  'us-core-observation-screening-assessment': {
    ...observation('effectiveDateTime', 'performer'),
    somewhere: words('valueQuantity valueCodeableConcept derivedFrom'),
  },
  'us-core-smokingstatus': observation('effectiveDateTime', 'valueCodeableConcept'),
  'us-core-observation-occupation': observation(
    'effectivePeriod',
    'valueCodeableConcept',
    'component.code',
    'component.valueCodeableConcept',
  ),
  'us-core-observation-pregnancystatus': observation('effectiveDateTime', 'valueCodeableConcept'),
  'us-core-observation-pregnancyintent': observation('effectiveDateTime', 'valueCodeableConcept'),
  'us-core-observation-sexual-orientation': observation('effectiveDateTime', 'valueCodeableConcept'),
  'us-core-blood-pressure': {
    always: words('effectiveDateTime component.code'),
    somewhere: words('component.valueQuantity.value component.dataAbsentReason'),
    codes: {
      status: observationStatus,
      'category.coding.code': ['vital-signs'],
      'code.coding.code': ['85354-9'],
      'component.code.coding.code': ['8480-6', '8462-4'],
      'component.valueQuantity.code': ['mm[Hg]'],
    },
  },
  'us-core-body-weight': vitalSign('29463-7', 'kg'),
  'us-core-body-height': vitalSign('8302-2', 'cm'),
  'us-core-bmi': vitalSign('39156-5', 'kg/m2'),
  'us-core-heart-rate': vitalSign('8867-4', '/min'),
  'us-core-body-temperature': vitalSign('8310-5', 'Cel'),
  'us-core-respiratory-rate': vitalSign('9279-1', '/min'),
  'us-core-pulse-oximetry': { ...vitalSign('2708-6', '%'), somewhere: ['component.valueQuantity'] },
  'us-core-head-circumference': vitalSign('9843-4', 'cm'),
  'head-occipital-frontal-circumference-percentile': vitalSign('8289-1', '%'),
  'pediatric-bmi-for-age': vitalSign('59576-9', '%'),
  'pediatric-weight-for-height': vitalSign('77606-2', '%'),
};

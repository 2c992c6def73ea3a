/** The 21 Consents that IHE Privacy Consent on FHIR explains itself by, each by what its guide says of it. ITI PCF, 3:5.8. */
import type { Resource } from '@affinity/core/fhir/resource.ts';

const terminology = 'http://terminology.hl7.org/CodeSystem';
const reason = (code: string) => ({ system: `${terminology}/v3-ActReason`, code });
const level = (code: string) => ({ system: `${terminology}/v3-Confidentiality`, code });
const sensitivity = (code: string) => ({ system: `${terminology}/v3-ActCode`, code });
const recipient = (reference: string) => ({
  role: { coding: [{ system: `${terminology}/v3-ParticipationType`, code: 'IRCP' }] },
  reference: { reference },
});
const datum = (meaning: string, reference: string) => ({ meaning, reference: { reference } });

/** Treatment, payment and operations. */
const usual = { purpose: ['TREAT', 'HPAYMT', 'HOPERAT'].map(reason) };
const normal = { type: 'permit', ...usual, securityLabel: [level('N')] };
const in2022 = { dataPeriod: { start: '2022-01', end: '2022-12' } };
const byPractitioner = { data: [datum('authoredby', 'Practitioner/ex-practitioner')] };
const ofEncounter = { data: [datum('related', 'Encounter/ex-encounter')] };
const privileged = { purpose: [reason('BTG')], actor: [recipient('Group/ex-privilegedUsers')] };
const practitioner = { actor: [recipient('Practitioner/ex-practitioner')] };

const permitBut = (exception: object) => ({
  type: 'permit',
  ...usual,
  provision: [{ type: 'deny', ...exception }],
});
const normalAnd = (exception: object) => ({ ...normal, provision: [{ type: 'permit', ...exception }] });

const provisions = {
  'basic-treat': { type: 'permit', ...usual },
  'basic-ink': { type: 'permit', ...usual },
  'basic-reject': { type: 'deny', ...usual },
  'expired-treat': { type: 'permit', ...usual, period: { end: '2022-12-31' } },
  'intermediate-timeframe': { type: 'permit', ...usual, ...in2022 },
  'intermediate-not-timeframe': permitBut(in2022),
  'intermediate-data': {
    type: 'permit',
    ...usual,
    data: ['Observation/pressure', 'Observation/sugar', 'Observation/alcohol'].map((one) => datum('instance', one)),
  },
  'intermediate-not-data': permitBut({ data: [datum('instance', 'Observation/alcohol')] }),
  'intermediate-authoredby': { type: 'permit', ...usual, ...byPractitioner },
  'intermediate-not-authoredby': permitBut(byPractitioner),
  'intermediate-encounter': { type: 'permit', ...usual, ...ofEncounter },
  'intermediate-not-encounter': permitBut(ofEncounter),
  'intermediate-purpose': {
    type: 'permit',
    purpose: [{ system: 'http://example.org/policies/purposeOfUse', code: 'FooBar' }],
    actor: [recipient('Organization/ex-org-researcher')],
  },
  'dissent-break-glass': { type: 'deny', provision: [{ type: 'permit', ...privileged }] },
  'advanced-normal': normal,
  'advanced-normal-restricted': { type: 'permit', ...usual, securityLabel: [level('N'), level('R')] },
  'advanced-normal-not-restricted': { ...normal, provision: [{ type: 'deny', securityLabel: [level('R')] }] },
  'advanced-normal-focused-restricted': normalAnd({ securityLabel: [level('R')], ...practitioner }),
  'advanced-normal-focused-psy': normalAnd({ securityLabel: [sensitivity('PSY')], ...practitioner }),
  'advanced-normal-focused-psy-or-sdv': normalAnd({
    securityLabel: [sensitivity('PSY'), sensitivity('SDV')],
    ...practitioner,
  }),
  'advanced-normal-break-glass-restricted': normalAnd({ securityLabel: [level('R')], ...privileged }),
} as const;

export type PcfConsent = keyof typeof provisions;

export const pcfConsents = Object.entries(provisions).map(([name, provision]) => {
  const resource: Resource = {
    resourceType: 'Consent',
    id: name,
    status: 'active',
    scope: { coding: [{ system: `${terminology}/consentscope`, code: 'patient-privacy' }] },
    category: [{ coding: [{ system: 'http://loinc.org', code: '59284-0' }] }],
    patient: { reference: 'Patient/ex-patient' },
    dateTime: '2022-06-13',
    performer: [{ reference: 'Patient/ex-patient' }],
    organization: [{ reference: 'Organization/ex-organization' }],
    sourceReference: { reference: 'DocumentReference/ex-documentreference' },
    policy: [{ uri: 'http://example.org/policies/base' }],
    provision,
  };
  return { name: name as PcfConsent, resource };
});

/** How long one decision takes, by itself: no request, no database. The questions are those of an app of a patient. */
import { parseConsent } from '@affinity/core/fhir/consent-parse.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { grantConsent } from '@affinity/core/smart/grant-consent.ts';
import type { Principal } from '@affinity/core/smart/principal.ts';
import { parseResourceScope } from '@affinity/core/smart/scope.ts';
import { decide } from '@affinity/policy/decide.ts';
import type { Question } from '@affinity/policy/decision.ts';
import type { DecisionFacts } from '@affinity/policy/facts.ts';

export interface DecisionFigures {
  readonly name: string;
  /** µs for one decision, one for each round */
  readonly rounds: readonly number[];
}

const terminology = 'http://terminology.hl7.org/CodeSystem';
const now = Date.UTC(2026, 10, 23);

const granular = [
  ...['laboratory', 'vital-signs', 'survey', 'imaging', 'procedure', 'social-history', 'exam', 'therapy'].map(
    (code) => `patient/Observation.rs?category=${terminology}/observation-category|${code}`,
  ),
  ...['problem-list-item', 'encounter-diagnosis', 'health-concern'].map(
    (code) => `patient/Condition.rs?category=${terminology}/condition-category|${code}`,
  ),
  ...[
    'Patient',
    'AllergyIntolerance',
    'MedicationRequest',
    'Immunization',
    'Procedure',
    'Encounter',
    'CarePlan',
    'Goal',
  ].map((type) => `patient/${type}.rs`),
  'patient/DocumentReference.r',
];

const understood = (resource: Resource) => {
  const parsed = parseConsent(resource, []);
  if (parsed.kind !== 'consent') throw new Error(JSON.stringify(parsed));
  return parsed.consent;
};
const privacyConsent = (id: string, provision: object): Resource => ({
  resourceType: 'Consent',
  id,
  status: 'active',
  scope: { coding: [{ system: `${terminology}/consentscope`, code: 'patient-privacy' }] },
  patient: { reference: 'Patient/a' },
  dateTime: '2026-01-02',
  performer: [{ reference: id === 'guardian' ? 'RelatedPerson/7' : 'Patient/a' }],
  provision,
});
const treatment = { system: `${terminology}/v3-ActReason`, code: 'TREAT' };
const recipient = { coding: [{ system: `${terminology}/v3-ParticipationType`, code: 'IRCP' }] };

const consents = [
  privacyConsent('treatment', { type: 'permit', purpose: [treatment] }),
  privacyConsent('not-mental-health', {
    type: 'permit',
    provision: [
      {
        type: 'deny',
        actor: [{ role: recipient, reference: { reference: 'Practitioner/9' } }],
      },
      { type: 'deny', securityLabel: [{ system: `${terminology}/v3-ActCode`, code: 'PSY' }] },
    ],
  }),
  privacyConsent('guardian', {
    type: 'permit',
    period: { start: '2020', end: '2040' },
    provision: [{ type: 'deny', dataPeriod: { end: '2001' } }],
  }),
].map(understood);

const scopesOf = (texts: readonly string[]): Principal['scopes'] =>
  texts.flatMap((text) => {
    const parsed = parseResourceScope(text);
    return parsed.kind === 'scope' ? [parsed.scope] : [];
  });

const questionOf = (scopes: readonly string[], own: readonly (typeof consents)[number][]): Question => {
  const principal: Principal = {
    clientId: 'app',
    tokenId: 'token',
    user: 'guardian',
    fhirUser: 'RelatedPerson/7',
    patient: 'a',
    grant: 'one',
    purposes: ['TREAT'],
    scopes: scopesOf(scopes),
  };
  const granted = { id: 'one', app: 'The app', clientId: 'app', scope: scopes, given: now - 1000, ends: now + 1000 };
  const facts: DecisionFacts = {
    now,
    patientsOf: ['a'],
    actors: ['RelatedPerson/7'],
    grant: understood(grantConsent({ ...granted, patient: 'a' })),
    consents: {
      implicit: 'permit',
      byPatient: new Map([['a', { consents: own, faulty: false }]]),
      covers: new Set(['a']),
    },
  };
  return { principal, interaction: { kind: 'read', type: 'Observation', id: '1' }, facts };
};

const microseconds = (question: Question, times: number): number => {
  const began = performance.now();
  for (let at = 0; at < times; at += 1) {
    if (decide(question).kind !== 'permit') throw new Error('the question of the bench is denied');
  }
  return ((performance.now() - began) * 1000) / times;
};

/** Interleaved, so that the machine's drift falls on all. */
export const measureDecision = (rounds: number, times = 20_000): readonly DecisionFigures[] => {
  const asked = [
    { name: 'one scope for everything, no Consent', question: questionOf(['patient/*.rs'], []) },
    { name: '20 granular scopes, no Consent', question: questionOf(granular, []) },
    { name: '20 granular scopes, 3 Consents', question: questionOf(granular, consents) },
  ];
  for (const { question } of asked) microseconds(question, times);
  const measured = asked.map(({ name }) => ({ name, rounds: [] as number[] }));
  for (let round = 0; round < rounds; round += 1) {
    for (const [at, { question }] of asked.entries()) measured[at]?.rounds.push(microseconds(question, times));
  }
  return measured;
};

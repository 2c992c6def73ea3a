import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseConsent } from '@affinity/core/fhir/consent-parse.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { factsOf } from '@affinity/core/fhir/resource-facts.ts';
import type { Principal } from '@affinity/core/smart/principal.ts';
import { decide, permitsContent } from '../../decide.ts';
import type { DecisionFacts, ImplicitConsent } from '../../facts.ts';
import { scopeOf } from '../../testing/arbitrary-question.ts';
import { type PcfConsent, pcfConsents } from '../../testing/pcf-consents.ts';
import { wholeFacts } from '../../testing/whole-facts.ts';

const terminology = 'http://terminology.hl7.org/CodeSystem';

/** One record: what it is labelled with, when it was, who wrote it and at which visit. */
const records = {
  pressure: { labels: ['v3-Confidentiality|N'], at: '2004-12-25', by: 'ex-author', visit: true },
  sugar: { labels: [], at: '2020-12-04', by: 'ex-author', visit: true },
  alcohol: { labels: ['v3-Confidentiality|R', 'v3-ActCode|ETHUD'], at: '2022-06-13', by: 'ex-author', visit: true },
  pain: { labels: ['v3-Confidentiality|N'], at: '2022-12-31T23:00:00Z', by: 'ex-practitioner', visit: false },
  mood: { labels: ['v3-ActCode|PSY'], at: '2019-05', by: 'ex-practitioner', visit: false },
  harm: { labels: ['v3-ActCode|SDV'], at: '2018', by: 'ex-author', visit: false },
  secret: { labels: ['v3-Confidentiality|V'], at: '2021-02-03', by: 'ex-author', visit: false },
} as const;
type Name = keyof typeof records;
const all = Object.keys(records) as Name[];
const but = (...names: readonly Name[]): readonly Name[] => all.filter((name) => !names.includes(name));

const resourceOf = (name: Name): Resource => {
  const { labels, at, by, visit } = records[name];
  return {
    resourceType: 'Observation',
    id: name,
    meta: {
      security: labels.map((label) => ({
        system: `${terminology}/${label.split('|')[0]}`,
        code: label.slice(label.indexOf('|') + 1),
      })),
    },
    status: 'final',
    code: { coding: [{ system: 'http://loinc.org', code: '1-8' }] },
    subject: { reference: 'Patient/ex-patient' },
    effectiveDateTime: at,
    performer: [{ reference: `Practitioner/${by}` }],
    ...(visit ? { encounter: { reference: 'Encounter/ex-encounter' } } : {}),
  };
};

interface Asking {
  readonly who?: string;
  readonly purposes?: readonly string[];
  readonly now?: number;
  readonly implicit?: ImplicitConsent;
  readonly emergency?: boolean;
}

const consentNamed = (name: PcfConsent) => {
  const resource = pcfConsents.find((each) => each.name === name)?.resource;
  const parsed = resource === undefined ? undefined : parseConsent(resource, []);
  assert.ok(parsed?.kind === 'consent', `${name}: ${JSON.stringify(parsed)}`);
  return parsed.consent;
};

/** What a cleared practitioner who cares for the patient sees of the record. */
const seen = (name: PcfConsent, { who = 'other', purposes, now, implicit = 'deny', emergency = false }: Asking) => {
  const principal: Principal = {
    clientId: 'app',
    tokenId: 't',
    user: 'u',
    grant: 'g',
    fhirUser: `Practitioner/${who}`,
    patient: 'ex-patient',
    clearance: 'V',
    scopes: [scopeOf('patient/*.rs')],
    ...(purposes === undefined ? {} : { purposes }),
  };
  const facts: DecisionFacts = {
    ...wholeFacts(principal),
    now: now ?? Date.UTC(2026, 0, 2),
    patientsOf: [],
    caredFor: ['ex-patient'],
    actors: [`Practitioner/${who}`],
    emergency,
    consents: {
      implicit,
      byPatient: new Map([['ex-patient', { consents: [consentNamed(name)], faulty: false }]]),
      covers: new Set(['ex-patient']),
    },
  };
  return all.filter((id) => {
    const decision = decide({ principal, interaction: { kind: 'read', type: 'Observation', id }, facts });
    return decision.kind === 'permit' && permitsContent(decision, factsOf(resourceOf(id), []));
  });
};

const normal: readonly Name[] = ['pressure', 'sugar', 'pain'];
const restricted = but('secret');

/** For treatment: what anybody sees, and what the practitioner whom some of them name sees where that is more. */
const expected: Readonly<Record<PcfConsent, readonly [readonly Name[], (readonly Name[])?]>> = {
  'basic-treat': [all],
  'basic-ink': [all],
  'basic-reject': [[]],
  'expired-treat': [[]],
  'intermediate-timeframe': [['alcohol', 'pain']],
  'intermediate-not-timeframe': [but('alcohol', 'pain')],
  'intermediate-data': [['pressure', 'sugar', 'alcohol']],
  'intermediate-not-data': [but('alcohol')],
  'intermediate-authoredby': [['pain', 'mood']],
  'intermediate-not-authoredby': [but('pain', 'mood')],
  'intermediate-encounter': [['pressure', 'sugar', 'alcohol']],
  'intermediate-not-encounter': [but('pressure', 'sugar', 'alcohol')],
  'intermediate-purpose': [[]],
  'dissent-break-glass': [[]],
  'advanced-normal': [normal],
  'advanced-normal-restricted': [restricted],
  'advanced-normal-not-restricted': [normal],
  'advanced-normal-focused-restricted': [normal, restricted],
  'advanced-normal-focused-psy': [normal, ['pressure', 'sugar', 'pain', 'mood']],
  'advanced-normal-focused-psy-or-sdv': [normal, ['pressure', 'sugar', 'pain', 'mood', 'harm']],
  'advanced-normal-break-glass-restricted': [normal],
};

test('P20: each of the 21 Consents of PCF lets through what it says, for treatment and payment', () => {
  assert.equal(pcfConsents.length, 21);
  for (const { name } of pcfConsents) {
    const [anybody, named = anybody] = expected[name];
    for (const purposes of [['TREAT'], ['HPAYMT'], ['TREAT', 'HOPERAT']]) {
      assert.deepEqual(seen(name, { purposes }), anybody, name);
      assert.deepEqual(seen(name, { purposes, who: 'ex-practitioner' }), named, name);
    }
  }
});

test('P20: for research, for one purpose more, or without a word why, none of them lets anything through', () => {
  for (const { name } of pcfConsents) {
    for (const asking of [{}, { purposes: ['HRESCH'] }, { purposes: ['TREAT', 'HMARKT'] }, { purposes: ['FooBar'] }]) {
      assert.deepEqual(seen(name, { ...asking, who: 'ex-practitioner' }), [], name);
    }
  }
});

test('P20: an emergency opens the record for whoever may declare one, and for nobody else', () => {
  for (const { name } of pcfConsents) {
    assert.deepEqual(seen(name, { purposes: ['BTG'], emergency: true }), all, name);
    assert.deepEqual(seen(name, { purposes: ['BTG'] }), [], name);
  }
});

test('P20, P21: a Consent that is over is as none, and before it was over it counted', () => {
  const before = { now: Date.UTC(2022, 11, 31, 23), purposes: ['TREAT'] };
  assert.deepEqual(seen('expired-treat', before), all);
  assert.deepEqual(seen('expired-treat', { ...before, purposes: ['HRESCH'], implicit: 'permit' }), []);
  const after = { now: Date.UTC(2023, 0, 1), purposes: ['HRESCH'] };
  assert.deepEqual(seen('expired-treat', { ...after, implicit: 'permit' }), all);
  assert.deepEqual(seen('expired-treat', { ...after, implicit: 'emergency-only' }), []);
});

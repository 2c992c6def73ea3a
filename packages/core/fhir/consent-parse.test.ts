import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseConsent } from './consent-parse.ts';
import type { Resource } from './resource.ts';

const ownBases = ['https://here.example/fhir'];
const terminology = 'http://terminology.hl7.org/CodeSystem';
const privacy = { coding: [{ system: `${terminology}/consentscope`, code: 'patient-privacy' }] };
const recipient = { coding: [{ system: `${terminology}/v3-ParticipationType`, code: 'IRCP' }] };
const treatment = { system: `${terminology}/v3-ActReason`, code: 'TREAT' };

const consent = (provision?: unknown, more: Readonly<Record<string, unknown>> = {}): Resource => ({
  resourceType: 'Consent',
  id: 'c',
  status: 'active',
  scope: privacy,
  patient: { reference: 'Patient/p' },
  dateTime: '2022-06-13',
  performer: [{ reference: 'Patient/p' }],
  ...(provision === undefined ? {} : { provision }),
  ...more,
});
const parsed = (resource: Resource) => {
  const result = parseConsent(resource, ownBases);
  assert.ok(result.kind === 'consent', JSON.stringify(result));
  return result.consent;
};
const faultOf = (resource: Resource): string => {
  const result = parseConsent(resource, ownBases);
  return result.kind === 'fault' ? `${result.expression}: ${result.reason}` : result.kind;
};

test('P20: all that a provision may speak of is read', () => {
  const provision = {
    type: 'permit',
    period: { start: '2022', end: '2022-12' },
    actor: [
      { role: recipient, reference: { reference: 'https://here.example/fhir/Practitioner/d' } },
      { role: recipient, reference: { identifier: { system: 'urn:affinity:client', value: 'app' } } },
    ],
    action: [
      { coding: [{ system: `${terminology}/consentaction`, code: 'access' }] },
      { coding: [{ system: 'http://other.example', code: 'access' }] },
    ],
    securityLabel: [{ system: `${terminology}/v3-Confidentiality`, code: 'N' }],
    purpose: [treatment],
    class: [{ system: 'http://hl7.org/fhir/resource-types', code: 'Observation' }],
    code: [{ coding: [{ system: 'http://loinc.org', code: '718-7' }, { code: 'own' }] }],
    dataPeriod: { end: '2021-02-03T04:05:06+01:00' },
    data: [{ meaning: 'authoredby', reference: { reference: 'Practitioner/d/_history/2' } }],
    provision: [{ type: 'deny', purpose: [{ system: `${terminology}/v3-ActReason`, code: 'HMARKT' }] }],
  };
  const read = parsed(consent(provision, { dateTime: '2022-06' }));
  assert.deepEqual(
    { ...read, provision: undefined },
    {
      id: 'c',
      patient: 'p',
      given: Date.UTC(2022, 5, 1),
      grantors: ['Patient/p'],
      provision: undefined,
    },
  );
  const { provisions, ...base } = read.provision;
  assert.deepEqual(base, {
    type: 'permit',
    period: { start: Date.UTC(2022, 0, 1), end: Date.UTC(2023, 0, 1) },
    actors: [
      { roles: recipient.coding, reference: 'Practitioner/d' },
      { roles: recipient.coding, identifier: { system: 'urn:affinity:client', value: 'app' } },
    ],
    actions: ['access', 'http://other.example|access'],
    securityLabels: provision.securityLabel,
    purposes: [treatment],
    classes: provision.class,
    codes: [provision.code[0]?.coding],
    dataPeriod: { end: Date.UTC(2021, 1, 3, 3, 5, 7) },
    data: [{ meaning: 'authoredby', type: 'Practitioner', id: 'd' }],
  });
  assert.deepEqual([provisions.length, provisions[0]?.type, provisions[0]?.purposes[0]?.code], [1, 'deny', 'HMARKT']);
});

test('what is not active, or not about privacy, says nothing', () => {
  for (const status of ['draft', 'proposed', 'rejected', 'inactive', 'entered-in-error']) {
    assert.equal(faultOf(consent({ type: 'nonsense' }, { status })), 'not-in-force');
  }
  const research = { coding: [{ system: `${terminology}/consentscope`, code: 'research' }] };
  assert.equal(faultOf(consent({}, { scope: research })), 'not-in-force');
});

test('the base rule is of the type that it or the policy says', () => {
  const policy = (code: string) => ({ policyRule: { coding: [{ system: `${terminology}/v3-ActCode`, code }] } });
  for (const [code, type] of [
    ['OPTIN', 'permit'],
    ['OPTINR', 'permit'],
    ['OPTOUT', 'deny'],
    ['OPTOUTE', 'deny'],
  ] as const) {
    assert.equal(parsed(consent(undefined, policy(code))).provision.type, type);
    assert.equal(parsed(consent({ purpose: [treatment] }, policy(code))).provision.type, type);
  }
  assert.equal(parsed(consent({ type: 'deny' }, policy('OPTIN'))).provision.type, 'deny');
  for (const more of [{}, policy('GRANTORCHOICE'), { policyRule: { text: 'opt in' } }]) {
    assert.match(faultOf(consent(undefined, more)), /^Consent\.policyRule/);
  }
});

test('whoever gave it is known, or it supersedes nothing', () => {
  const grantors = (...performer: unknown[]) => parsed(consent({ type: 'deny' }, { performer })).grantors;
  assert.deepEqual(grantors({ reference: 'RelatedPerson/r' }, { reference: 'https://other.example/fhir/Patient/1' }), [
    'RelatedPerson/r',
    'https://other.example/fhir/Patient/1',
  ]);
  assert.deepEqual(grantors({ reference: 'Patient/p' }, { display: 'Ana' }), []);
  const { performer, dateTime, ...silent } = consent({ type: 'deny' });
  assert.ok(performer && dateTime);
  assert.deepEqual([parsed(silent as Resource).grantors, parsed(silent as Resource).given], [[], 0]);
});

const nested = (depth: number): object =>
  depth === 1 ? { type: 'permit', purpose: [treatment] } : { type: 'deny', provision: [nested(depth - 1)] };

const p = 'Consent.provision';
const faults: readonly (readonly [string, Resource])[] = [
  ['Consent.status', consent({ type: 'deny' }, { status: 'on' })],
  ['Consent.scope', consent({ type: 'deny' }, { scope: undefined })],
  ['Consent.scope', consent({ type: 'deny' }, { scope: { text: 'privacy' } })],
  ['Consent.scope', consent({ type: 'deny' }, { scope: { coding: [{ code: 'patient-privacy' }] } })],
  ['Consent.modifierExtension', consent({ type: 'deny' }, { modifierExtension: [{ url: 'urn:x' }] })],
  ['Consent.implicitRules', consent({ type: 'deny' }, { implicitRules: 'urn:x' })],
  ['Consent.patient.reference', consent({ type: 'deny' }, { patient: { reference: 'https://o.example/Patient/p' } })],
  ['Consent.patient', consent({ type: 'deny' }, { patient: { reference: 'Group/p' } })],
  ['Consent.patient', consent({ type: 'deny' }, { patient: { display: 'Ana' } })],
  ['Consent.dateTime', consent({ type: 'deny' }, { dateTime: '13.6.2022' })],
  [p, consent([])],
  [`${p}.type`, consent({ type: 'allow' })],
  [`${p}.provision[0].type`, consent({ type: 'deny', provision: [{ purpose: [treatment] }] })],
  [`${p}.modifierExtension`, consent({ type: 'deny', modifierExtension: [{ url: 'urn:x' }] })],
  [`${p}.purpos`, consent({ type: 'deny', purpos: [treatment] })],
  [`${p}._type`, consent({ type: 'deny', _type: { extension: [] } })],
  [`${p}.purpose`, consent({ type: 'deny', purpose: [] })],
  [`${p}.purpose`, consent({ type: 'deny', purpose: treatment })],
  [`${p}.purpose[0]`, consent({ type: 'deny', purpose: [{ display: 'treatment' }] })],
  [`${p}.purpose[0]`, consent({ type: 'deny', purpose: [null] })],
  [`${p}.purpose[0].code`, consent({ type: 'deny', purpose: [{ code: 7 }] })],
  [`${p}.securityLabel[0]`, consent({ type: 'deny', securityLabel: [{ system: 'urn:x' }] })],
  [`${p}.class[0]`, consent({ type: 'deny', class: [{ system: 'urn:x' }] })],
  [`${p}.action[0]`, consent({ type: 'deny', action: [{ text: 'look' }] })],
  [`${p}.code[0]`, consent({ type: 'deny', code: [{ text: 'diabetes' }] })],
  [`${p}.code[0].coding[1]`, consent({ type: 'deny', code: [{ coding: [treatment, { display: 'x' }] }] })],
  [`${p}.period.start`, consent({ type: 'deny', period: { start: '2022-13' } })],
  [`${p}.period`, consent({ type: 'deny', period: { start: '2023', end: '2022' } })],
  [`${p}.period`, consent({ type: 'deny', period: {} })],
  [`${p}.dataPeriod.end`, consent({ type: 'deny', dataPeriod: { end: 2022 } })],
  [`${p}.actor[0].role`, consent({ type: 'deny', actor: [{ reference: { reference: 'Practitioner/d' } }] })],
  [`${p}.actor[0].reference`, consent({ type: 'deny', actor: [{ role: recipient }] })],
  [
    `${p}.actor[0].reference.reference`,
    consent({
      type: 'deny',
      actor: [{ role: recipient, reference: { reference: 'https://o.example/Practitioner/d' } }],
    }),
  ],
  [
    `${p}.actor[0].reference.reference`,
    consent({ type: 'deny', actor: [{ role: recipient, reference: { reference: '#d' } }] }),
  ],
  [
    `${p}.actor[0].reference.identifier.value`,
    consent({ type: 'deny', actor: [{ role: recipient, reference: { identifier: { system: 'urn:x' } } }] }),
  ],
  [
    `${p}.data[0].meaning`,
    consent({ type: 'deny', data: [{ meaning: 'about', reference: { reference: 'Device/d' } }] }),
  ],
  [`${p}.data[0].reference`, consent({ type: 'deny', data: [{ meaning: 'instance', reference: { display: 'x' } }] })],
  [`${p}.provision[0]`, consent({ type: 'permit', provision: [{ type: 'permit' }] })],
  [`${p}.provision[0]`, consent({ type: 'permit', provision: [{ type: 'deny' }] })],
  [
    `${p}.provision[0]`,
    consent({ type: 'permit', purpose: [treatment], provision: [{ type: 'deny', purpose: [treatment] }] }),
  ],
  [
    `${p}.provision[1]`,
    consent({
      type: 'permit',
      provision: [
        { type: 'deny', purpose: [treatment] },
        { type: 'permit', purpose: [treatment] },
      ],
    }),
  ],
  [`${p}${'.provision[0]'.repeat(8)}`, consent(nested(9))],
  [
    `${p}.provision[999]`,
    consent({
      type: 'deny',
      provision: Array.from({ length: 1000 }, (_, at) => ({ type: 'permit', purpose: [{ code: `x${at}` }] })),
    }),
  ],
];

test('P20: what is not wholly understood is a fault where it stands, never less', () => {
  for (const [expression, resource] of faults) {
    assert.equal(faultOf(resource).split(':')[0], expression, JSON.stringify(resource).slice(0, 300));
  }
});

test('exceptions that make sense, and as many as may be', () => {
  parsed(consent(nested(8)));
  const many = Array.from({ length: 999 }, (_, at) => ({ type: 'permit', purpose: [{ code: `x${at}` }] }));
  assert.equal(parsed(consent({ type: 'deny', provision: many })).provision.provisions.length, 999);
  const butForSome = { type: 'deny', provision: [{ type: 'permit', purpose: [treatment] }] };
  parsed(consent({ type: 'permit', provision: [butForSome] }));
});

test('what a fault says tells nothing of the content', () => {
  for (const [, resource] of faults) assert.doesNotMatch(faultOf(resource), /Ana|diabetes|example|13\.6/);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Provision } from '@affinity/core/fhir/consent.ts';
import { possiblyFor } from './purpose.ts';
import { unknownWords } from './unknown-words.ts';

const silent = { actors: [], actions: [], securityLabels: [], purposes: [], classes: [], codes: [], data: [] };
const reason = (code: string) => ({ system: 'http://terminology.hl7.org/CodeSystem/v3-ActReason', code });
const ofType = (code: string) => ({ system: 'http://hl7.org/fhir/resource-types', code });
const level = (code: string) => ({ system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code });

test('words that are known are no fault', () => {
  const provision: Provision = {
    ...silent,
    type: 'permit',
    purposes: [reason('TREAT'), reason('PurposeOfUse'), reason('BTG')],
    actions: ['access', 'correct'],
    classes: [ofType('Observation')],
    securityLabels: [level('R'), { system: 'urn:of-the-house', code: 'VIP' }],
    provisions: [],
  };
  assert.deepEqual(unknownWords(provision), []);
});

test('each word that nobody knows is told with its place, however deep', () => {
  const inner: Provision = {
    ...silent,
    type: 'deny',
    purposes: [reason('TREAT'), reason('RESEARCH'), { system: 'urn:x', code: 'TREAT' }],
    actions: ['fly'],
    classes: [ofType('Obsrvation'), { system: 'urn:ietf:rfc:3986', code: 'urn:a-profile' }],
    securityLabels: [level('X')],
    provisions: [],
  };
  const at = 'Consent.provision.provision[0]';
  assert.deepEqual(
    unknownWords({ ...silent, type: 'permit', provisions: [inner] }).map(({ expression }) => expression),
    ['purpose[1]', 'purpose[2]', 'action[0]', 'class[0]', 'class[1]', 'securityLabel[0]'].map((one) => `${at}.${one}`),
  );
});

test('a refusal for a purpose that nobody knows, of whatever system, may be meant for anybody', () => {
  for (const named of [reason('RESEARCH'), { system: 'urn:x', code: 'RESEARCH' }])
    assert.ok(possiblyFor([named], ['TREAT']), JSON.stringify(named));
  assert.ok(!possiblyFor([reason('HRESCH')], ['TREAT']));
});

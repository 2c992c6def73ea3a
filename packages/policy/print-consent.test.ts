import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PrivacyConsent, Provision } from '@affinity/core/fhir/consent.ts';
import { describeConsent, printRule } from './print-consent.ts';

const rule = (type: Provision['type'], more: Partial<Provision> = {}): Provision => ({
  type,
  actors: [],
  actions: [],
  securityLabels: [],
  purposes: [],
  classes: [],
  codes: [],
  data: [],
  provisions: [],
  ...more,
});
const consent = (provision: Provision): PrivacyConsent => ({ id: 'c1', given: 0, grantors: [], provision });
const print = (provision: Provision): string => printRule(describeConsent(consent(provision)));

test('a base rule alone', () => {
  assert.equal(print(rule('permit')), 'permits everything');
  assert.equal(print(rule('deny')), 'denies everything');
});

test('exceptions, and theirs', () => {
  const provision = rule('deny', {
    provisions: [
      rule('permit', {
        actors: [{ roles: [{ code: 'IRCP' }], reference: 'Practitioner/3' }],
        purposes: [{ code: 'TREAT' }],
        provisions: [rule('deny', { securityLabels: [{ code: 'PSY' }] })],
      }),
    ],
  });
  assert.equal(
    print(provision),
    'denies everything, except that it [permits whatever is asked by Practitioner/3 (IRCP), asked for the purpose TREAT, except that it [denies whatever is labelled PSY]]',
  );
});

test('everything that a rule speaks of is said', () => {
  const said = print(
    rule('permit', {
      period: { start: Date.UTC(2026, 0, 1), end: Date.UTC(2027, 0, 1) },
      dataPeriod: { end: Date.UTC(2020, 0, 1) },
      actors: [{ roles: [], identifier: { system: 'urn:apps', value: 'vitals' } }],
      actions: ['access'],
      classes: [{ code: 'Observation' }, { code: 'Condition' }],
      codes: [[{ code: '718-7' }]],
      data: [{ meaning: 'instance', type: 'Observation', id: 'o1' }],
    }),
  );
  for (const part of [
    'asked by vitals',
    'to be used for access',
    'of the kind Observation or Condition',
    'marked with the code 718-7',
    'Observation/o1 (instance)',
    'dated until 2020-01-01',
    'in force from 2026-01-01 until 2027-01-01',
  ]) {
    assert.ok(said.includes(part), `${said} lacks ${part}`);
  }
});

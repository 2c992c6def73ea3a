import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PrivacyConsent, Provision } from '@affinity/core/fhir/consent.ts';
import type { Principal } from '@affinity/core/smart/principal.ts';
import type { DecisionFacts } from '@affinity/policy/facts.ts';
import { createSameFacts } from './same-facts.ts';

const unsaid = { actors: [], actions: [], securityLabels: [], purposes: [], classes: [], codes: [], data: [] };
const provision = (more: Partial<Provision> = {}): Provision => ({ ...unsaid, type: 'deny', provisions: [], ...more });
const consentOf = (rule: Provision): PrivacyConsent => ({ id: 'c', given: 1, grantors: [], provision: rule });
const principal: Principal = { clientId: 'app', tokenId: 't', user: 'u', grant: 'g', scopes: [] };
const patientsOf = ['a'];
const grant = consentOf(provision({ period: { start: 0, end: 900 } }));
const held = {
  consents: [consentOf(provision({ provisions: [provision({ period: { start: 500 } })] }))],
  faulty: false,
};
const gathered = (now: number, more: Partial<DecisionFacts> = {}): DecisionFacts => ({
  now,
  patientsOf,
  grant,
  consents: { implicit: 'permit', byPatient: new Map([['a', held]]), covers: new Set(['a']) },
  ...more,
});

test('facts that have not changed are one object, until a rule begins or is over', () => {
  const same = createSameFacts();
  const first = same(principal, gathered(100));
  assert.equal(same(principal, gathered(499)), first);
  const second = same(principal, gathered(500));
  assert.notEqual(second, first);
  assert.equal(second.now, 500);
  assert.equal(same(principal, gathered(899)), second);
  assert.notEqual(same(principal, gathered(900)), second);
  assert.notEqual(same(principal, gathered(50)), second, 'a clock that goes back');
});

test('whatever of them is another object is another fact', () => {
  const others: readonly Partial<DecisionFacts>[] = [
    { patientsOf: ['a'] },
    { caredFor: [] },
    { actors: [] },
    { wholeServer: true },
    { auditor: true },
    { emergency: true },
    { relabel: true },
    { service: { records: 'all' } },
    { grant: consentOf(provision()) },
    { consents: { implicit: 'deny', byPatient: new Map([['a', held]]), covers: new Set(['a']) } },
    { consents: { implicit: 'permit', byPatient: new Map([['a', { ...held }]]), covers: new Set(['a']) } },
    { consents: { implicit: 'permit', byPatient: new Map(), covers: new Set(['a']) } },
    { consents: { implicit: 'permit', byPatient: new Map([['a', held]]), covers: new Set(['a', 'b']) } },
    { consents: { implicit: 'permit', byPatient: new Map([['b', held]]), covers: new Set(['b']) } },
  ];
  for (const other of others) {
    const same = createSameFacts();
    const before = same(principal, gathered(100));
    const after = gathered(100, other);
    assert.equal(same(principal, after), after, JSON.stringify(other));
    assert.notEqual(after, before);
  }
  const { grant: _, ...ended } = gathered(100);
  const same = createSameFacts();
  same(principal, gathered(100));
  assert.equal(same(principal, ended), ended);
});

test('of another caller, of everybody, or at no known time, they are as they were gathered', () => {
  const same = createSameFacts();
  const first = same(principal, gathered(100));
  assert.notEqual(same({ ...principal }, gathered(100)), first);
  const everybody = () =>
    gathered(100, { consents: { implicit: 'permit', byPatient: new Map(), covers: 'everybody' } });
  const whole = same(principal, everybody());
  assert.notEqual(same(principal, everybody()), whole);
  const { now: _, ...timeless } = gathered(100);
  assert.equal(same(principal, timeless), timeless);
});

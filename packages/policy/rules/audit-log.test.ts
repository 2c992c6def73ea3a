import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Confidentiality } from '@affinity/core/fhir/filter.ts';
import type { Principal } from '@affinity/core/smart/principal.ts';
import { decide, permitsContent } from '../decide.ts';
import type { DecisionFacts } from '../facts.ts';
import { factsOfWorld, scopeOf } from '../testing/arbitrary-question.ts';
import { wholeFacts } from '../testing/whole-facts.ts';

const principal = (scope: string, claims: Partial<Principal> = {}): Principal => ({
  clientId: 'app',
  tokenId: 't',
  user: 'u',
  grant: 'g',
  scopes: [scopeOf(scope)],
  ...claims,
});
const eventOf = (...owners: readonly string[]) => ({
  ...factsOfWorld({ type: 'Observation', owners, categories: [], confidentiality: 'N' }),
  type: 'AuditEvent',
});
const sees = (
  who: Principal,
  owners: readonly string[],
  facts: DecisionFacts = {},
  confidentiality: Confidentiality = 'N',
): boolean => {
  const interaction = { kind: 'read', type: 'AuditEvent', id: '1' } as const;
  const decision = decide({ principal: who, interaction, facts: { ...wholeFacts(who), ...facts } });
  return decision.kind === 'permit' && permitsContent(decision, { ...eventOf(...owners), confidentiality });
};

test('E70, J14: an event is as confidential as what it was about, but for auditors and services', () => {
  const own = principal('patient/AuditEvent.rs', { patient: 'a' });
  assert.ok(!sees(own, ['a'], {}, 'R'));
  assert.ok(sees({ ...own, clearance: 'R' }, ['a'], {}, 'R'));
  assert.ok(!sees(principal('user/AuditEvent.rs', { fhirUser: 'Patient/a' }), ['a'], {}, 'V'));
  assert.ok(sees(principal('user/AuditEvent.rs'), ['a'], { auditor: true }, 'V'));
  assert.ok(!sees(own, ['a'], { auditor: true }, 'V'), 'not by another scope');
  const { user, grant, ...service } = principal('system/AuditEvent.rs', { service: true });
  assert.ok(user && grant && sees(service, ['a'], {}, 'V'));
});

test('J14: a patient sees the events of the own record alone', () => {
  const inContext = principal('patient/AuditEvent.rs', { patient: 'a' });
  const self = principal('user/AuditEvent.rs', { fhirUser: 'Patient/a' });
  for (const who of [inContext, self]) {
    assert.ok(sees(who, ['a']));
    assert.ok(!sees(who, ['b']));
    assert.ok(!sees(who, []));
    assert.ok(!sees(who, ['a', 'b']));
  }
  assert.ok(!sees(principal('patient/AuditEvent.rs'), ['a']), 'no context, nothing');
});

test('J14: to be a practitioner, or to act for somebody, is no right to the log', () => {
  const doctor = principal('user/*.rs', { fhirUser: 'Practitioner/1' });
  assert.ok(!sees(doctor, ['a'], { wholeServer: true, patientsOf: ['a'] }));
  assert.ok(!sees(principal('user/*.rs', { fhirUser: 'RelatedPerson/1' }), ['a'], { patientsOf: ['a'] }));
});

test('J14: an auditor sees every event, by a user/ scope for it and by no other', () => {
  const facts = { auditor: true };
  for (const owners of [[], ['a'], ['a', 'b']]) assert.ok(sees(principal('user/AuditEvent.rs'), owners, facts));
  assert.ok(!sees(principal('user/Observation.rs'), [], facts));
  assert.ok(!sees(principal('patient/AuditEvent.rs', { patient: 'a' }), ['b'], facts));
  assert.ok(!sees(principal('user/AuditEvent.c'), [], facts));
  const { user, ...nobody } = principal('user/AuditEvent.rs');
  assert.ok(user && !sees(nobody, [], facts));
  const record = factsOfWorld({ type: 'Observation', owners: ['a'], categories: [], confidentiality: 'N' });
  const doctor = principal('user/*.rs', { fhirUser: 'Practitioner/1' });
  const other = decide({
    principal: doctor,
    interaction: { kind: 'read', type: 'Observation', id: '1' },
    facts: { ...wholeFacts(doctor), ...facts },
  });
  assert.ok(other.kind === 'deny' || !permitsContent(other, record), 'no right to any record');
});

test('J14: a backend service with a system/ scope', () => {
  const { user, grant, ...service } = principal('system/AuditEvent.rs', { service: true });
  assert.ok(user && grant && sees(service, []));
  assert.ok(!sees(service, [], { service: { records: ['a'] } }));
  assert.ok(sees(service, ['a'], { service: { records: ['a'] } }));
  assert.ok(!sees(principal('system/AuditEvent.rs'), []));
});

test('J13: nobody changes or deletes an event; J15: a new one is taken from whoever may', () => {
  const { user, grant, ...service } = principal('system/*.cruds', { service: true });
  assert.ok(user && grant);
  const of = (who: Principal, kind: 'update' | 'patch' | 'delete' | 'create', facts: DecisionFacts = {}) =>
    decide({
      principal: who,
      interaction: kind === 'create' ? { kind, type: 'AuditEvent' } : { kind, type: 'AuditEvent', id: '1' },
      facts: { ...wholeFacts(who), ...facts },
    });
  for (const kind of ['update', 'patch', 'delete'] as const) {
    assert.equal(of(service, kind).kind, 'deny');
    assert.equal(of(principal('user/*.cruds'), kind, { auditor: true, wholeServer: true }).kind, 'deny');
    assert.equal(of(principal('patient/*.cruds', { patient: 'a' }), kind).kind, 'deny');
  }
  assert.equal(of(service, 'create').kind, 'permit');
  const own = of(principal('patient/AuditEvent.c', { patient: 'a' }), 'create');
  assert.ok(own.kind === 'permit' && permitsContent(own, eventOf('a')) && !permitsContent(own, eventOf('b')));
});

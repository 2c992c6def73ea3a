import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Principal } from '@affinity/core/smart/principal.ts';
import { permissionFor } from '@affinity/core/smart/scope-interaction.ts';
import { decide, permitsContent } from '../decide.ts';
import type { Intent } from '../decision.ts';
import type { DecisionFacts } from '../facts.ts';
import { factsOfWorld, scopeOf, type WorldResource } from '../testing/arbitrary-question.ts';
import { unsaid, wholeFacts } from '../testing/whole-facts.ts';

const doctor: Principal = {
  clientId: 'app',
  tokenId: 't',
  user: 'u',
  grant: 'g',
  fhirUser: 'Practitioner/1',
  patient: 'a',
  clearance: 'V',
  purposes: ['BTG'],
  scopes: [scopeOf('patient/*.cruds'), scopeOf('user/*.cruds')],
};
const denying = {
  consents: [{ id: 'c', given: 1, grantors: [], provision: { ...unsaid, type: 'deny', provisions: [] } } as const],
  faulty: true,
};
/** A stranger to the patient, who has refused everybody. */
const facts: DecisionFacts = {
  patientsOf: [],
  caredFor: [],
  emergency: true,
  consents: { implicit: 'emergency-only', byPatient: new Map([['a', denying]]), covers: new Set(['a']) },
};
const record: WorldResource = { type: 'Observation', owners: ['a'], categories: [], confidentiality: 'V' };

const outcome = (
  who: Principal = doctor,
  known: DecisionFacts = {},
  what: Partial<WorldResource> = {},
  kind: Intent['kind'] = 'read',
): string => {
  const wanted = { ...record, ...what };
  const interaction = { kind, type: wanted.type, id: '1' } as Intent;
  const decision = decide({ principal: who, interaction, facts: { ...wholeFacts(who), ...facts, ...known } });
  if (decision.kind === 'deny') return `${decision.rule} ${decision.status}`;
  return permitsContent(decision, factsOfWorld(wanted)) ? 'ok' : 'hidden';
};

test('E74: breaking the glass opens the record of one patient, beyond Consents and roles, as far as the token is cleared', () => {
  assert.equal(outcome(), 'ok');
  assert.equal(outcome(doctor, { consents: { implicit: 'deny', byPatient: new Map(), covers: new Set() } }), 'ok');
  assert.equal(outcome(doctor, {}, { owners: ['b'] }), 'hidden');
  assert.equal(outcome(doctor, { wholeServer: true, caredFor: ['b'] }, { owners: ['b'] }), 'hidden', 'no other record');
  assert.equal(outcome(doctor, {}, { owners: ['a', 'b'] }), 'hidden');
  assert.equal(outcome(doctor, {}, { type: 'Practitioner', owners: [] }), 'ok');
  assert.equal(outcome({ ...doctor, clearance: 'R' }), 'hidden');
});

test('E74: it is declared, by who may, of one patient, by a user: else it is denied', () => {
  const { emergency, ...without } = { ...wholeFacts(doctor), ...facts };
  const decision = decide({
    principal: doctor,
    interaction: { kind: 'read', type: 'Observation', id: '1' },
    facts: without,
  });
  assert.ok(emergency && decision.kind === 'deny' && decision.status === 403);
  assert.equal(outcome(doctor, { emergency: false }), 'scope 403');
  assert.equal(outcome(doctor, { emergency: false, caredFor: ['a'] }), 'emergency 403', 'nor as an ordinary reader');
  const { purposes, ...undeclared } = doctor;
  assert.ok(purposes);
  assert.equal(outcome(undeclared), 'scope 403');
  assert.equal(outcome(undeclared, { caredFor: ['a'] }), 'hidden', 'the Consents bind');
  assert.equal(outcome({ ...doctor, purposes: ['ETREAT'] }, { caredFor: ['a'] }), 'hidden');
  const { patient, ...nobody } = doctor;
  assert.ok(patient);
  assert.equal(
    outcome(nobody, { caredFor: ['a'], consents: { implicit: 'permit', byPatient: new Map(), covers: 'everybody' } }),
    'emergency 403',
  );
  const { user, grant, ...service } = { ...doctor, service: true as const, scopes: [scopeOf('system/*.rs')] };
  assert.ok(user && grant);
  assert.equal(outcome(service), 'emergency 403');
});

test('E74: nothing is written by it', () => {
  for (const kind of Object.keys(permissionFor) as Intent['kind'][]) {
    if (kind === ('search-system' as string) || kind === ('history-system' as string)) continue;
    const looks = ['r', 's'].includes(permissionFor[kind]);
    const asked = kind === 'search-type' ? 'history-type' : kind;
    assert.equal(outcome(doctor, { caredFor: ['a'] }, {}, asked), looks ? 'ok' : 'emergency 403', kind);
  }
});

test('the grant binds in an emergency too', () => {
  const { grant } = wholeFacts(doctor);
  assert.ok(grant);
  assert.equal(outcome(doctor, { grant: { ...grant, id: 'grant-other' } }), 'grant 401');
  const emptied = { ...grant, provision: { ...grant.provision, provisions: [] } };
  assert.equal(outcome(doctor, { grant: emptied }), 'grant 403');
});

test('the audit log is not opened by it', () => {
  const event = { ...factsOfWorld({ ...record, confidentiality: 'N' }), type: 'AuditEvent' };
  const interaction = { kind: 'read', type: 'AuditEvent', id: '1' } as const;
  const decision = decide({ principal: doctor, interaction, facts: { ...wholeFacts(doctor), ...facts } });
  assert.ok(decision.kind === 'deny' || !permitsContent(decision, event));
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Principal } from '@affinity/core/smart/principal.ts';
import { decide, permitsContent } from '../decide.ts';
import type { Intent } from '../decision.ts';
import type { DecisionFacts } from '../facts.ts';
import { factsOfWorld, scopeOf, type WorldResource } from '../testing/arbitrary-question.ts';
import { wholeFacts } from '../testing/whole-facts.ts';

const user: Principal = { clientId: 'app', tokenId: 't', user: 'u', grant: 'g', scopes: [] };
const service: Principal = { clientId: 'service', tokenId: 't', service: true, scopes: [scopeOf('system/*.cruds')] };
const withScopes = (scopes: string, claims: Partial<Principal>): Principal => ({
  ...user,
  scopes: scopes.split(' ').map(scopeOf),
  ...claims,
});
const seen = (
  who: Principal,
  facts: DecisionFacts,
  what: Partial<WorldResource> = {},
  kind: 'read' | 'update' = 'read',
) =>
  ['a', 'b', 'c'].filter((owner) => {
    const resource: WorldResource = {
      type: 'Observation',
      owners: [owner],
      categories: [],
      confidentiality: 'N',
      ...what,
    };
    const interaction: Intent = { kind, type: resource.type, id: '1' };
    const decision = decide({ principal: who, interaction, facts: { ...wholeFacts(who), ...facts } });
    return decision.kind === 'permit' && permitsContent(decision, factsOfWorld(resource));
  });

test('E31: patient/ is for whom the user may act at this moment, by whichever role', () => {
  const who = withScopes('patient/*.cruds', { patient: 'a', fhirUser: 'RelatedPerson/1' });
  assert.deepEqual(seen(who, { patientsOf: ['a', 'b'] }), ['a']);
  assert.deepEqual(seen(who, { patientsOf: [], caredFor: ['a'] }), ['a']);
  assert.deepEqual(seen(who, { patientsOf: ['b'], caredFor: ['c'] }), []);
  assert.deepEqual(seen(who, { patientsOf: [], wholeServer: true }), []);
  const { user: _, ...nobody } = who;
  assert.deepEqual(seen(nobody, { patientsOf: ['a'] }), []);
});

test('E30: user/ is for those whom the practitioner cares for or acts for; a relative cares for nobody', () => {
  const facts = { patientsOf: ['a'], caredFor: ['b'] };
  assert.deepEqual(seen(withScopes('user/*.rs', { fhirUser: 'Practitioner/1' }), facts), ['a', 'b']);
  assert.deepEqual(seen(withScopes('user/*.rs', { fhirUser: 'RelatedPerson/1' }), facts), ['a']);
  assert.deepEqual(seen(withScopes('user/*.rs', { fhirUser: 'Person/1' }), facts), ['a']);
  assert.deepEqual(seen(withScopes('user/*.rs', { fhirUser: 'Patient/c' }), facts), ['c']);
  for (const fhirUser of ['Device/1', 'Practitioner/', 'Practitioner', '']) {
    assert.deepEqual(seen(withScopes('user/*.rs', { fhirUser }), { ...facts, wholeServer: true }), [], fhirUser);
  }
  const whole = { ...facts, wholeServer: true };
  assert.deepEqual(seen(withScopes('user/*.rs', { fhirUser: 'Practitioner/1' }), whole), ['a', 'b', 'c']);
  assert.deepEqual(seen(withScopes('user/*.rs', { fhirUser: 'RelatedPerson/1' }), whole), ['a']);
});

test('F04: whoever gives care reads their own entry, though they care for nobody; and nothing else, and writes nothing', () => {
  const sees = (
    fhirUser: string,
    what: string,
    { kind = 'read', scopes = 'user/*.cruds' }: { kind?: Intent['kind']; scopes?: string } = {},
    claims: Partial<Principal> = {},
  ): boolean => {
    const [type = '', id = ''] = what.split('/');
    const who = { ...withScopes(scopes, { fhirUser }), ...claims };
    const decision = decide({
      principal: who,
      interaction: { kind, type, id, query: { clauses: [] } } as unknown as Intent,
      facts: wholeFacts(who),
    });
    const resource = { type: 'Practitioner', owners: [], categories: [], confidentiality: 'N' } as const;
    return decision.kind === 'permit' && permitsContent(decision, { ...factsOfWorld(resource), type, id });
  };
  for (const own of ['Practitioner/1', 'PractitionerRole/1']) {
    const [type] = own.split('/');
    for (const kind of ['read', 'vread', 'history-instance', 'search-type'] as const) {
      assert.ok(sees(own, own, { kind, scopes: `user/${type}.rs` }), `${kind} ${own}`);
      assert.ok(!sees(own, `${type}/2`, { kind }), `${kind} ${own}: another of its type`);
    }
    for (const kind of ['create', 'update', 'patch', 'delete'] as const) assert.ok(!sees(own, own, { kind }), kind);
    assert.ok(!sees(own, own, { scopes: 'user/Observation.rs' }), 'without a scope for it');
    assert.ok(!sees(own, own, { scopes: 'patient/*.rs system/*.rs' }), 'by a scope that is not of the user');
    assert.ok(!sees(own, own, { scopes: `user/${type}.s` }), 'by the right to search');
    for (const other of ['Organization/1', 'Location/1']) assert.ok(!sees(own, other), other);
  }
  assert.ok(!sees('Practitioner/1', 'PractitionerRole/1'));
  assert.ok(!sees('Practitioner/', 'Practitioner/'));
  assert.ok(!sees('Practitioner/1', 'Practitioner/1', {}, { user: undefined, grant: undefined } as never));
});

test('E32: a backend service reaches what was agreed, as confidential as was agreed, whatever its token says', () => {
  const { service: _, ...unagreed } = wholeFacts(service);
  const interaction = { kind: 'read', type: 'Observation', id: '1' } as const;
  assert.equal(decide({ principal: service, interaction, facts: unagreed }).kind, 'deny');
  assert.deepEqual(seen(service, { service: { records: 'all' } }), ['a', 'b', 'c']);
  assert.deepEqual(seen(service, { service: { records: ['a', 'c'] } }), ['a', 'c']);
  assert.deepEqual(seen(service, { service: { records: [] } }), []);
  assert.deepEqual(seen(service, { service: { records: ['a'] } }, {}, 'update'), ['a']);
  const shared = { type: 'Practitioner', owners: [] } as const;
  assert.equal(seen(service, { service: { records: ['a'] } }, shared).length, 3);
  assert.equal(seen(service, { service: { records: ['a'] } }, shared, 'update').length, 0);
  assert.equal(seen(service, { service: { records: 'all' } }, shared, 'update').length, 3);
  const restricted = { confidentiality: 'R' } as const;
  assert.deepEqual(seen({ ...service, clearance: 'V' }, { service: { records: ['a'] } }, restricted), []);
  assert.deepEqual(seen(service, { service: { records: ['a'], clearance: 'R' } }, restricted), ['a']);
});

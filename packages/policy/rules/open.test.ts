/** What a server lets anybody read, and who writes it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Principal } from '@affinity/core/smart/principal.ts';
import { decide } from '../decide.ts';
import type { Intent } from '../decision.ts';
import type { DecisionFacts } from '../facts.ts';

const open = new Set(['ValueSet', 'StructureDefinition']);
const nobody: Principal = { anonymous: true, clientId: '', tokenId: '', scopes: [] };
const scoped = (compartment: 'user' | 'system' | 'patient'): Principal['scopes'] => [
  { compartment, type: 'ValueSet', permissions: ['c', 'u', 'd'], constraints: [], form: 'v2' },
];
const user: Principal = { clientId: 'a', tokenId: 't', user: 'u', fhirUser: 'Practitioner/1', scopes: scoped('user') };
const service: Principal = { clientId: 's', tokenId: 't', service: true, scopes: scoped('system') };
const read: Intent = { kind: 'read', type: 'ValueSet', id: 'x' };
const create: Intent = { kind: 'create', type: 'ValueSet' };
const decided = (principal: Principal, interaction: Intent, facts: DecisionFacts = {}) => {
  const decision = decide({ principal, interaction, facts: { now: 0, open, ...facts } });
  return decision.kind === 'permit' ? decision.filter.kind : decision.rule;
};
/** Under no grant: what scope and role come to. */
const withoutGrant = (principal: Principal): Principal => {
  const { user: _, ...rest } = principal;
  return rest;
};

test('M12: what a server lets anybody read, nobody at all reads, up to what is confidential; and nothing else', () => {
  assert.equal(decided(nobody, read), 'confidentiality');
  assert.equal(decided(nobody, { kind: 'search-type', type: 'ValueSet', query: searching }), 'confidentiality');
  assert.equal(decided(nobody, { kind: 'read', type: 'Patient', id: 'x' }), 'scope');
  assert.equal(decided(nobody, { kind: 'read', type: 'Questionnaire', id: 'x' }), 'scope');
  assert.equal(decided(nobody, read, { open: new Set() }), 'scope');
  assert.equal(decided(nobody, create), 'scope');
  assert.equal(decided(nobody, { kind: 'update', type: 'ValueSet', id: 'x' }, { publisher: true }), 'scope');
  assert.equal(decided(nobody, { kind: 'delete', type: 'ValueSet', id: 'x' }, { publisher: true }), 'scope');
});

test('M12: it is written by whoever was made a publisher, and by services that reach everything', () => {
  const grant = { publisher: true };
  assert.equal(decided(user, create), 'scope', 'not a publisher');
  assert.equal(decided(user, create, grant), 'grant', 'a publisher, but without the grant of the token');
  assert.equal(decided(withoutGrant(user), create, grant), 'scope', 'no user');
  assert.equal(decided({ ...user, scopes: scoped('patient') }, create, grant), 'scope');
  assert.equal(decided(service, create), 'scope');
  assert.equal(decided(service, create, { service: { records: ['1'] } }), 'scope');
  const all: DecisionFacts = { service: { records: 'all' } };
  assert.equal(decided(service, create, all), 'confidentiality');
  assert.equal(decided({ ...service, scopes: [] }, create, all), 'scope');
});

const searching = { type: 'ValueSet', clauses: [], count: 1, sort: [], total: 'none', understood: [] } as const;

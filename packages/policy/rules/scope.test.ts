import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Interaction } from '@affinity/core/fhir/interaction.ts';
import type { SearchClause } from '@affinity/core/fhir/search-query.ts';
import type { Principal } from '@affinity/core/smart/principal.ts';
import { printScope } from '@affinity/core/smart/scope.ts';
import { decide, permitsContent } from '../decide.ts';
import type { Decision } from '../decision.ts';
import type { DecisionFacts } from '../facts.ts';
import { factsOfWorld, scopeOf, type WorldResource } from '../testing/arbitrary-question.ts';
import { wholeFacts } from '../testing/whole-facts.ts';

const app = (scopes: readonly string[], claims: Partial<Principal> = {}): Principal => ({
  clientId: 'app',
  tokenId: 't',
  user: 'u',
  grant: 'g',
  patient: 'a',
  scopes: scopes.map(scopeOf),
  ...claims,
});

const search = (type: string, ...clauses: SearchClause[]): Interaction => ({
  kind: 'search-type',
  type,
  query: { type, clauses, count: 10, sort: [], total: 'none', understood: [] },
});
const read = (type: string): Interaction => ({ kind: 'read', type, id: '1' });
const create = (type: string): Interaction => ({
  kind: 'create',
  type,
  content: { resource: { resourceType: type }, json: '' },
});
const category = (code: string, system?: string): SearchClause => ({
  param: 'category',
  values: [{ kind: 'token', code, ...(system === undefined ? {} : { system }) }],
});
const record = (given: Partial<WorldResource> = {}): WorldResource => ({
  type: 'Observation',
  owners: ['a'],
  categories: [],
  confidentiality: 'N',
  ...given,
});

const ask = (principal: Principal, interaction: Interaction, facts: DecisionFacts = {}): Decision =>
  decide({ principal, interaction, facts: { ...wholeFacts(principal), ...facts } });
const sees = (decision: Decision, resource: WorldResource): boolean =>
  decision.kind === 'permit' && permitsContent(decision, factsOfWorld(resource));
const denied = (decision: Decision): string | undefined =>
  decision.kind === 'deny' && decision.status === 403
    ? decision.neededScope === undefined
      ? ''
      : printScope(decision.neededScope)
    : undefined;

test('E03: no scope for the type is 403 and names the scope that would have been enough', () => {
  assert.equal(denied(ask(app(['patient/Observation.rs']), read('Condition'))), 'patient/Condition.r');
  assert.equal(denied(ask(app([]), search('Observation'))), 'patient/Observation.s');
  assert.equal(denied(ask(app(['patient/Observation.r']), search('Observation'))), 'patient/Observation.s');
});

test('D04: write does not imply read', () => {
  assert.equal(denied(ask(app(['patient/Observation.cud']), read('Observation'))), 'patient/Observation.r');
});

test('D05, D08: scopes are a union; each constraint narrows its own scope, for read, search and write', () => {
  const principal = app(['patient/Observation.rs?category=laboratory', 'patient/Observation.crs?category=vital-signs']);
  for (const interaction of [read('Observation'), search('Observation')]) {
    const decision = ask(principal, interaction);
    assert.ok(sees(decision, record({ categories: ['laboratory'] })));
    assert.ok(sees(decision, record({ categories: ['vital-signs', 'other'] })), 'D10: any repetition counts');
    assert.ok(!sees(decision, record({ categories: ['survey'] })));
    assert.ok(!sees(decision, record({ categories: ['laboratory'], owners: ['b'] })));
  }
  const write = ask(principal, create('Observation'));
  assert.ok(sees(write, record({ categories: ['vital-signs'] })));
  assert.ok(!sees(write, record({ categories: ['laboratory'] })), 'E61');
});

test('D11: a search that names a value outside every scope is 403, from the query alone', () => {
  const system = 'http://terminology.hl7.org/CodeSystem/observation-category';
  const principal = app([`patient/Observation.rs?category=${system}|vital-signs`]);
  assert.equal(
    denied(ask(principal, search('Observation', category('laboratory')))),
    'patient/Observation.s?category=laboratory',
  );
  assert.equal(
    denied(ask(principal, search('Observation', category('laboratory', system)))),
    `patient/Observation.s?category=${system}|laboratory`,
  );
  assert.notEqual(denied(ask(principal, search('Observation', category('vital-signs', 'http://other')))), undefined);
  const both: SearchClause = {
    param: 'category',
    values: [...category('vital-signs').values, ...category('laboratory').values],
  };
  assert.notEqual(denied(ask(principal, search('Observation', both))), undefined, 'one of several alternatives');
  for (const clauses of [
    [],
    [category('vital-signs')],
    [category('vital-signs', system)],
    [{ param: 'code', values: [{ kind: 'token' as const, code: 'x' }] }],
  ]) {
    const decision = ask(principal, search('Observation', ...clauses));
    assert.ok(sees(decision, record({ categories: ['vital-signs'] })));
    assert.ok(!sees(decision, record({ categories: ['laboratory'] })));
  }
  const not: SearchClause = { ...category('vital-signs'), modifier: 'not' };
  assert.ok(!sees(ask(principal, search('Observation', not)), record({ categories: ['laboratory'] })));
  const wide = app(['patient/Observation.rs', 'patient/Observation.rs?category=survey']);
  assert.ok(sees(ask(wide, search('Observation', category('laboratory'))), record({ categories: ['laboratory'] })));
});

test('a missing patient, a foreign record, a record of two patients', () => {
  const { patient, ...nobody } = app(['patient/*.cruds']);
  assert.equal(patient, 'a');
  assert.equal(denied(ask(nobody, read('Observation'))), '');
  const decision = ask(app(['patient/*.cruds']), read('Observation'));
  assert.ok(sees(decision, record()));
  assert.ok(!sees(decision, record({ owners: ['b'] })));
  assert.ok(!sees(decision, record({ owners: ['a', 'b'] })), 'E24');
  assert.ok(!sees(decision, record({ owners: [] })), 'E24');
});

test('E23, E63: shared types are read under a scope for them and written by no patient', () => {
  assert.ok(sees(ask(app(['patient/*.cruds']), read('Practitioner')), record({ type: 'Practitioner', owners: [] })));
  assert.ok(
    sees(ask(app(['patient/Practitioner.r']), read('Practitioner')), record({ type: 'Practitioner', owners: [] })),
  );
  assert.notEqual(denied(ask(app(['patient/Observation.rs']), read('Practitioner'))), undefined);
  assert.notEqual(denied(ask(app(['patient/*.cruds']), create('Practitioner'))), undefined);
  assert.ok(!sees(ask(app(['patient/*.cruds']), create('Binary')), record({ type: 'Binary', owners: [] })));
});

test('D06, E30, E32: user/ reaches what the user may, system/ a service only', () => {
  const doctor = app(['user/*.cruds'], { fhirUser: 'Practitioner/1' });
  assert.equal(denied(ask(doctor, read('Observation'), { patientsOf: [] })), '', 'denied by default');
  assert.equal(denied(ask(doctor, read('Observation'), { wholeServer: false, patientsOf: [] })), '');
  assert.ok(sees(ask(doctor, read('Observation'), { patientsOf: ['b'] }), record({ owners: ['b'] })));
  assert.ok(!sees(ask(doctor, read('Observation'), { patientsOf: ['b'] }), record()));
  assert.ok(
    sees(ask(doctor, create('Practitioner'), { wholeServer: true }), record({ type: 'Practitioner', owners: [] })),
  );
  const person = app(['user/*.rs'], { fhirUser: 'Patient/b' });
  assert.ok(
    sees(ask(person, read('Observation'), { wholeServer: true, patientsOf: ['a'] }), record({ owners: ['b'] })),
  );
  assert.ok(!sees(ask(person, read('Observation'), { wholeServer: true, patientsOf: ['a'] }), record()));
  assert.equal(denied(ask(app(['system/*.cruds']), read('Observation'))), '', 'a user holds no system/ scope');
  const { user, patient, grant, ...service } = app(['system/Observation.rs'], { service: true });
  assert.deepEqual([user, patient, grant], ['u', 'a', 'g']);
  assert.ok(sees(ask(service, read('Observation')), record({ owners: ['a', 'b'] })));
});

test('E70: without a clearance nothing above N; a label counts whatever the scopes', () => {
  const decision = ask(app(['patient/*.rs']), read('Observation'));
  assert.ok(sees(decision, record({ confidentiality: 'L' })));
  assert.ok(!sees(decision, record({ confidentiality: 'R' })));
  const cleared = ask(app(['patient/*.rs'], { clearance: 'R' }), read('Observation'));
  assert.ok(sees(cleared, record({ confidentiality: 'R' })));
  assert.ok(!sees(cleared, record({ confidentiality: 'V' })));
});

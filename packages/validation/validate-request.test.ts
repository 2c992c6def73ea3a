/** The requests of `$validate` and its outcome. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { validateRequest, validationOutcome } from './validate-request.ts';

const patient = { resourceType: 'Patient', id: 'a' };
const profile = 'http://a.example/p';
const ask = (body: Parameters<typeof validateRequest>[0], query = '', instance = false) =>
  validateRequest(body, new URLSearchParams(query), { type: 'Patient', instance });
const faultOf = (...asked: Parameters<typeof ask>) => {
  const parsed = ask(...asked);
  return parsed.kind === 'fault' ? parsed.issue.code : parsed.kind;
};
const parameters = (...parameter: object[]) => ({ resourceType: 'Parameters', parameter });
const resource = { name: 'resource', resource: patient };

test('M07: the resource is the body, or a parameter beside mode and profile', () => {
  assert.deepEqual(ask(patient), { kind: 'request', resource: patient });
  const asked = { kind: 'request', resource: patient, mode: 'create', profile };
  assert.deepEqual(ask(patient, `mode=create&profile=${profile}`), asked);
  const body = parameters(resource, { name: 'mode', valueCode: 'create' }, { name: 'profile', valueUri: profile });
  assert.deepEqual(ask(body), asked);
  assert.deepEqual(ask(parameters(resource), `mode=create&profile=${profile}`), asked);
});

test('M07: the stored instance is meant where there is no resource', () => {
  assert.deepEqual(ask(undefined, 'mode=delete', true), { kind: 'request', mode: 'delete' });
  assert.deepEqual(ask(parameters(), `mode=profile&profile=${profile}`, true), {
    kind: 'request',
    mode: 'profile',
    profile,
  });
  assert.equal(faultOf(undefined, 'mode=delete'), 'required');
  assert.equal(faultOf(undefined, '', true), 'required');
});

test('M07: what cannot be understood is refused', () => {
  assert.equal(faultOf(patient, 'mode=destroy'), 'value');
  assert.equal(faultOf(patient, 'mode=profile'), 'required');
  assert.equal(faultOf(patient, 'profile=us-core-patient'), 'value');
  assert.equal(faultOf(patient, `profile=${profile}&profile=${profile}`), 'invalid');
  assert.equal(faultOf(parameters(resource, { name: 'mode', valueCode: 'create' }), 'mode=create'), 'invalid');
  assert.equal(faultOf(parameters(resource, { name: 'other', valueCode: 'x' })), 'invalid');
  assert.equal(faultOf(parameters(resource, resource)), 'invalid');
  assert.equal(faultOf({ resourceType: 'Observation' }), 'invalid');
});

test('M07: an outcome without an error says that the resource is valid', () => {
  const severities = (outcome: ReturnType<typeof validationOutcome>) =>
    (outcome.issue as { severity: string }[]).map(({ severity }) => severity);
  assert.deepEqual(severities(validationOutcome([])), ['information']);
  assert.deepEqual(severities(validationOutcome([{ severity: 'warning', code: 'invariant' }])), [
    'warning',
    'information',
  ]);
  assert.deepEqual(severities(validationOutcome([{ severity: 'error', code: 'value' }])), ['error']);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { resourceTypes } from '../fhir/resource-type.ts';
import { printScope } from './scope.ts';
import { parseLaunchScope, parseScopes, printLaunchScope, type RequestedScopes } from './scope-request.ts';

const parse = (text: string): RequestedScopes => {
  const result = parseScopes(text);
  assert.ok(result.kind === 'scopes');
  return result.scopes;
};

test('a request is sorted into resources, launch, identity and what is rejected', () => {
  const scopes = parse(
    'launch/patient openid fhirUser offline_access patient/*.read patient/Observation.dus email  __x openid',
  );
  assert.deepEqual(scopes.resources.map(printScope), ['patient/*.read']);
  assert.deepEqual(scopes.launch, [{ kind: 'type', type: 'Patient' }]);
  assert.deepEqual(scopes.identity, ['openid', 'fhirUser', 'offline_access']);
  assert.deepEqual(
    scopes.rejected.map(({ token }) => token),
    ['patient/Observation.dus', 'email', '__x'],
  );
});

test('D15: launch types in lower case, one role', () => {
  assert.deepEqual(parseLaunchScope('launch'), { kind: 'from-record-system' });
  assert.deepEqual(parseLaunchScope('launch/encounter'), { kind: 'type', type: 'Encounter' });
  assert.deepEqual(parseLaunchScope('launch/imagingstudy?role=current'), {
    kind: 'type',
    type: 'ImagingStudy',
    role: 'current',
  });
  for (const token of [
    'launch/Patient',
    'launch/',
    'launch/x',
    'launch/patient?role=',
    'launch/patient?role=a&role=b',
    'launch?role=a',
    'launch/patient/',
  ]) {
    assert.equal(parseLaunchScope(token), undefined, token);
  }
  for (const type of resourceTypes) {
    const scope = parseLaunchScope(`launch/${type.toLowerCase()}`);
    assert.ok(scope !== undefined && printLaunchScope(scope) === `launch/${type.toLowerCase()}`);
  }
});

test('Q23: the limits of length and count, at and past them', () => {
  const at = { characters: 20, tokens: 2 };
  assert.equal(parseScopes('openid fhirUser', at).kind, 'scopes');
  assert.equal(parseScopes('openid fhirUser a', at).kind, 'too-many');
  assert.equal(parseScopes('a'.repeat(20), at).kind, 'scopes');
  assert.equal(parseScopes('a'.repeat(21), at).kind, 'too-many');
  const usCore = [...resourceTypes].slice(0, 100).flatMap((type) => [`patient/${type}.rs`, `user/${type}.rs`]);
  assert.equal(parse(usCore.join(' ')).resources.length, 200);
});

test('never throws, loses no token, and reads each token alone', () => {
  const piece = fc.constantFrom(
    'patient/',
    'Observation',
    '.rs',
    '.read',
    '?',
    'a=b',
    ' ',
    '%',
    'launch',
    '/patient',
    'openid',
    '"',
  );
  fc.assert(
    fc.property(
      fc.array(piece).map((pieces) => pieces.join('')),
      (text) => {
        const { resources, launch, identity, rejected } = parse(text);
        const tokens = new Set(text.split(' ').filter((token) => token !== ''));
        assert.equal(resources.length + launch.length + identity.length + rejected.length, tokens.size);
      },
    ),
  );
});

test('Q28: a hundred thousand characters of junk are read, whatever they repeat', () => {
  const none = { characters: Number.POSITIVE_INFINITY, tokens: Number.POSITIVE_INFINITY };
  for (const unit of [
    'a',
    '%',
    '%5C',
    '\\',
    'a=b&',
    'a|',
    ',',
    'patient/',
    'patient/Observation.r ',
    'cruds',
    '?',
    '|,',
    '😀',
  ]) {
    for (const start of [
      '',
      'patient/Observation.rs?',
      'patient/Observation.rs?category=',
      'launch/patient?role=',
      'launch/',
    ]) {
      const text = start + unit.repeat(Math.ceil(100_000 / unit.length));
      assert.equal(parseScopes(text).kind, 'too-many');
      assert.equal(parseScopes(text, none).kind, 'scopes');
    }
  }
});

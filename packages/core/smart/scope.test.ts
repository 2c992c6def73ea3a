import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { arbitraryScope } from '../testing/arbitrary-scope.ts';
import { parseResourceScope, printScope } from './scope.ts';

const letters = (token: string): string | undefined => {
  const result = parseResourceScope(token);
  return result.kind === 'scope' ? result.scope.permissions.join('') : undefined;
};

test('D01: letters in the order cruds, each at most once, at least one', () => {
  assert.equal(letters('patient/Observation.rs'), 'rs');
  assert.equal(letters('user/*.cruds'), 'cruds');
  assert.equal(letters('system/Patient.d'), 'd');
  for (const token of [
    'patient/Observation.',
    'patient/Observation',
    'patient/Observation.dus.',
    'patient/Observation.sr',
    'patient/Observation.rr',
    'patient/Observation.read+write',
    'patient/Observation.reads',
    'patient/Observation.READ',
    'patient/Observation.r.s',
    'patient/Observation.x',
    'patient/observation.rs',
    'patient/Observations.rs',
    'patient/DomainResource.rs',
    'patient/.rs',
    'patient/**.rs',
    'Patient/Observation.rs',
    'practitioner/Observation.rs',
    'xpatient/Observation.rs',
    'patient/Observation.rs?',
    'patient/Observation.rs?category',
    'patient/Observation.rs?=x',
    'patient/Observation.rs?category=',
    'patient/Observation.rs?category=a&',
    'patient/Observation.rs?category=a||b',
    'patient/Observation.rs?category=|',
    'patient/Observation.rs?category=a,',
    'patient/Observation.rs?category=%zz',
    'patient/Observation.rs?category=%ff',
    'patient/Observation.rs?category=%00',
    'patient/Observation.rs?category=%5Cn',
    'patient/Observation.rs\n',
    ' patient/Observation.rs',
    '',
  ]) {
    assert.equal(letters(token), undefined, token);
  }
});

test('D01: any subset of the letters, only in order', () => {
  assert.equal(letters('patient/Observation.uds'), 'uds');
  assert.equal(letters('patient/Observation.dus'), undefined);
});

test('D02: the words of v1, asked in v1 and printed in v1', () => {
  assert.equal(letters('patient/Observation.read'), 'rs');
  assert.equal(letters('patient/Observation.write'), 'cud');
  assert.equal(letters('patient/*.*'), 'cruds');
  for (const token of ['patient/Observation.read', 'user/*.write', 'patient/*.*', 'patient/*.rs', 'system/*.cruds']) {
    const result = parseResourceScope(token);
    assert.ok(result.kind === 'scope');
    assert.equal(printScope(result.scope), token);
  }
  assert.equal(letters('patient/Observation.read?category=laboratory'), undefined);
});

test('D12: modifiers, chains, result parameters and _filter are not granted', () => {
  for (const query of ['code:in=http://x', 'subject.name=x', '_filter=x', '_id=1', '_has:Observation:subject:code=1']) {
    assert.equal(letters(`patient/Observation.rs?${query}`), undefined, query);
  }
});

test('D13: characters outside a scope-token are refused raw and taken percent-encoded', () => {
  for (const char of [' ', '"', '\\', '\u007f', 'é', '\t']) {
    assert.equal(letters(`patient/Observation.rs?category=a${char}b`), undefined);
  }
  const result = parseResourceScope('patient/Observation.rs?category=a%5C%2Cb&code=x%22%20%5C%5Cy');
  assert.ok(result.kind === 'scope');
  assert.deepEqual(result.scope.constraints, [
    { param: 'category', value: 'a\\,b' },
    { param: 'code', value: 'x" \\\\y' },
  ]);
});

test('D23: the URI form means the same', () => {
  assert.deepEqual(
    parseResourceScope('http://smarthealthit.org/fhir/scopes/patient/Observation.rs'),
    parseResourceScope('patient/Observation.rs'),
  );
  assert.equal(letters('https://evil.example/fhir/scopes/patient/Observation.rs'), undefined);
});

test('print then parse gives the same scope, in the characters of a scope token', () => {
  fc.assert(
    fc.property(arbitraryScope, (scope) => {
      const text = printScope(scope);
      assert.match(text, /^[\x21\x23-\x5b\x5d-\x7e]+$/);
      assert.deepEqual(parseResourceScope(text), { kind: 'scope', scope });
    }),
  );
});

test('parse never throws, and what it takes it prints to something that means the same', () => {
  const piece = fc.constantFrom(
    'patient/',
    'Observation',
    '*',
    '.',
    'rs',
    'read',
    '?',
    'category',
    '=',
    '&',
    '%2',
    '\\',
    '|',
    ',',
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(piece).map((pieces) => pieces.join('')),
      ),
      (text) => {
        const result = parseResourceScope(text);
        if (result.kind === 'scope') assert.deepEqual(parseResourceScope(printScope(result.scope)), result);
      },
    ),
    { numRuns: 1000 },
  );
});

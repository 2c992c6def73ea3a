import assert from 'node:assert/strict';
import { test } from 'node:test';
import { confidentialityLevels } from './filter.ts';
import type { Resource } from './resource.ts';
import { confidentialityOf, isAtMost, labelsOf } from './security-label.ts';
import { actCode, plainCodes, restrictingCodes } from './sensitivity.ts';

const system = 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality';
const level = (...labels: object[]) => confidentialityOf(labels);

test('the highest label counts; none is N', () => {
  assert.equal(level(), 'N');
  assert.equal(level({ system: 'other', code: 'V' }), 'N');
  for (const code of confidentialityLevels) assert.equal(level({ system, code }), code);
  assert.equal(level({ system, code: 'L' }, { system, code: 'R' }, { system, code: 'U' }), 'R');
});

test('what is not known is very restricted', () => {
  assert.equal(level({ system, code: 'X' }), 'V');
  assert.equal(level({ system }), 'V');
  assert.equal(level({ system, code: 'r' }), 'V');
});

test('a label without system may only narrow; older names of the system count', () => {
  assert.equal(level({ code: 'R' }), 'R');
  assert.equal(level({ code: 'U' }), 'N');
  assert.equal(level({ code: 'U' }, { system, code: 'L' }), 'L');
  assert.equal(level({ system: 'http://hl7.org/fhir/v3/Confidentiality', code: 'R' }), 'R');
});

test('labels of whatever shape are labels', () => {
  const labels = (security: unknown) =>
    labelsOf({ resourceType: 'Patient', meta: { security } } as unknown as Resource);
  assert.deepEqual(labels(undefined), []);
  assert.deepEqual(labels([{ system, code: 'R' }]), [{ system, code: 'R' }]);
  assert.deepEqual(labels({ system, code: 'R' }), [{ system, code: 'R' }]);
  assert.deepEqual(labels([null, 'R']), [{}, {}]);
});

test('levels are ordered', () => {
  assert.ok(isAtMost('N', 'N') && isAtMost('U', 'V'));
  assert.ok(!isAtMost('R', 'N') && !isAtMost('V', 'R'));
});

test('E71 a sensitivity restricts, whatever confidentiality is labelled beside it', () => {
  for (const code of restrictingCodes) {
    assert.equal(level({ system: actCode, code }), 'R', code);
    assert.equal(level({ system: actCode, code }, { system, code: 'L' }), 'R', code);
    assert.equal(level({ system: actCode, code }, { system, code: 'V' }), 'V', code);
  }
  for (const code of plainCodes) assert.equal(level({ system: actCode, code }), 'N', code);
});

test('E71 a sensitivity without a system restricts; one of an older name of the system too, one of another does not', () => {
  assert.equal(level({ code: 'HIV' }), 'R');
  assert.equal(level({ code: 'HIV' }, { code: 'U' }), 'R');
  assert.equal(level({ system: 'http://hl7.org/fhir/v3/ActCode', code: 'PSY' }), 'R');
  assert.equal(level({ system: 'http://terminology.hl7.org/CodeSystem/v3-ActUSPrivacyLaw', code: '42CFRPart2' }), 'R');
  assert.equal(level({ system: 'urn:other', code: 'HIV' }), 'N');
  assert.equal(level({ system: actCode, code: 'NORDSCLCD' }), 'N');
  assert.equal(level({ system: actCode }), 'N');
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { confidentialityLevels } from './filter.ts';
import type { Resource } from './resource.ts';
import { factsOf } from './resource-facts.ts';
import { confidentialityOf, confidentialityWithin, isAtMost, labelsOf, mayHoldLabels } from './security-label.ts';
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

const labelled = (...security: object[]): Resource => ({ resourceType: 'Observation', meta: { security } });
const hiv = { system: actCode, code: 'HIV' };

test('E58 what holds others is as confidential as the highest of them', () => {
  const bundle = (...held: object[]): Resource => ({
    resourceType: 'Bundle',
    type: 'collection',
    entry: held.map((resource) => ({ resource })),
  });
  assert.equal(confidentialityWithin(bundle(labelled(), labelled({ system, code: 'R' }))), 'R');
  assert.equal(confidentialityWithin(bundle(bundle(labelled(hiv)))), 'R');
  assert.equal(confidentialityWithin({ ...bundle(labelled()), meta: { security: [{ system, code: 'V' }] } }), 'V');
  assert.equal(
    confidentialityWithin({
      resourceType: 'Bundle',
      entry: [{ response: { status: '400', outcome: { ...labelled(hiv), resourceType: 'OperationOutcome' } } }],
    }),
    'R',
  );
  const part = [{ name: 'outer', part: [{ name: 'inner', resource: labelled({ system, code: 'V' }) }] }];
  assert.equal(confidentialityWithin({ resourceType: 'Parameters', parameter: part }), 'V');
  assert.equal(confidentialityWithin({ ...labelled(), contained: [labelled(hiv)] }), 'R');
});

test('E58 what a Bundle carries without a label is normal; what is contained is as its container', () => {
  const low = { security: [{ system, code: 'L' }] };
  assert.equal(confidentialityWithin({ resourceType: 'Bundle', meta: low, entry: [{ resource: labelled() }] }), 'N');
  assert.equal(confidentialityWithin({ ...labelled(), meta: low, contained: [labelled()] }), 'L');
});

test('E58 a sensitivity within counts as one of the container, under the present name of its system', () => {
  const contained = [labelled({ code: 'PSY' }, { system: 'http://hl7.org/fhir/v3/ActCode', code: 'HIV' })];
  const { labels, confidentiality } = factsOf({ ...labelled(), id: 'o', contained }, []);
  assert.equal(confidentiality, 'R');
  for (const code of ['PSY', 'HIV'])
    assert.ok(
      labels.some((label) => label.system === actCode && label.code === code),
      code,
    );
});

test('a text that may hold labels is read, however the word is written', () => {
  assert.ok(mayHoldLabels(JSON.stringify(labelled(hiv))));
  assert.ok(mayHoldLabels('{"resourceType":"Observation","meta":{"\\u0073ecurity":[{"code":"R"}]}}'));
  assert.ok(!mayHoldLabels(JSON.stringify({ resourceType: 'Observation', status: 'final' })));
});

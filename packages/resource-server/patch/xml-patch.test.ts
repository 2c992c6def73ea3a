/** XML Patch as it is applied, and as it is refused. RFC 5261. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { applyPatch } from './patch.ts';
import type { PatchLimits } from './work.ts';

const limits: PatchLimits = { characters: 100_000, depth: 20, operations: 10 };
const patient =
  '{"resourceType":"Patient","id":"p","text":{"status":"generated","div":"<div xmlns=\\"http://www.w3.org/1999/xhtml\\">a<b>c</b></div>"},"extension":[{"url":"u","valueDecimal":1.10}],"active":true,"name":[{"use":"official","family":"A","given":["x","y"]},{"use":"nickname","text":"B"}]}';
const outcome = (text: string, within = limits): string => {
  const result = applyPatch(patient, { kind: 'xml-patch', text }, within);
  if (typeof result === 'string') return result;
  const [issue] = result.issues;
  return `${result.status} ${issue?.code} ${issue?.expression?.[0] ?? '-'}: ${issue?.diagnostics}`;
};
const patched = (operations: string) =>
  outcome(`<diff xmlns="http://hl7.org/fhir" xmlns:f="http://hl7.org/fhir" xmlns:x="urn:x">${operations}</diff>`);

test('N06: XML Patch: replace, add and remove of elements and attributes', () => {
  assert.match(patched('<replace sel="Patient/active/@value">false</replace>'), /"active":false/);
  assert.match(patched('<replace sel="/f:Patient/f:name[1]/f:family"><family value="Z"/></replace>'), /"family":"Z"/);
  assert.match(patched(`<replace sel="*/name[use/@value='nickname']/text/@value"> C </replace>`), /"text":"C"/);
  assert.match(patched('<add sel="Patient"><birthDate value="1970"/></add>'), /"birthDate":"1970"}$/);
  assert.match(patched('<add sel="Patient/name[1]/given[1]" pos="after"><given value="w"/></add>'), /\["x","w","y"\]/);
  assert.match(patched('<add sel="Patient/name[1]/given[1]" pos="before"><given value="w"/></add>'), /\["w","x","y"\]/);
  assert.match(patched('<add sel="Patient/name[2]" pos="prepend"><use value="old"/></add>'), /^422 .*repeat/);
  assert.match(patched('<add sel="Patient/name[2]" type="@id">n2</add>'), /{"id":"n2","use":"nickname"/);
  assert.doesNotMatch(patched('<remove sel="Patient/name[2]"/>'), /nickname/);
  assert.doesNotMatch(patched(`<remove sel="Patient/extension[@url='u']"/>`), /extension/);
  assert.match(
    patched('<replace sel="Patient/text/div"><div xmlns="http://www.w3.org/1999/xhtml">n<i>e</i>w</div></replace>'),
    /n<i>e<\/i>w/,
  );
  assert.match(
    outcome(
      '<p:patch xmlns="http://hl7.org/fhir" xmlns:p="urn:ietf:rfc:7351"><p:remove sel="Patient/name[1]"/></p:patch>',
    ),
    /"name":\[{"use":"nickname"/,
  );
  assert.match(
    outcome('<diff><replace sel="Patient/active"><active value="false"/></replace></diff>'),
    /"active":false/,
  );
});

test('N06, N25: what an XML Patch leaves alone is as it was, decimals and narrative', () => {
  assert.deepEqual(JSON.parse(patched('')), JSON.parse(patient));
  assert.match(patched(''), /"valueDecimal":1\.10/);
  assert.match(patched('<replace sel="Patient/extension/valueDecimal/@value">0.50</replace>'), /"valueDecimal":0\.50/);
});

test('N06: what does not fit is 422, what is not understood is 400', () => {
  for (const [operations, told] of [
    ['<remove sel="Patient/gender"/>', /^422 .*nothing/],
    ['<remove sel="Patient/name"/>', /^422 .*more than one/],
    ['<remove sel="Patient/name[3]"/>', /^422/],
    ['<remove sel="Patient/name[0]"/>', /^422/],
    ['<remove sel="Observation/status"/>', /^422/],
    ['<remove sel="Patient/active/@nonsense"/>', /^422/],
    ['<add sel="Patient"><id value="x"/></add>', /^422 processing Patient.id: .*late/],
    ['<add sel="Patient"><nonsense value="x"/></add>', /^422 processing Patient.nonsense/],
    ['<add sel="Patient/active" type="@value">false</add>', /^422/],
    ['<add sel="Patient/text/div"><b value="x"/></add>', /^422/],
    ['<replace sel="Patient/active/@value">maybe</replace>', /^422 processing Patient.active/],
    ['<remove sel="Patient"/>', /^400/],
    ['<replace sel="Patient"><Patient/></replace>', /^400/],
    ['<replace sel="Patient/active"/>', /^400/],
    ['<replace sel="Patient/active"><active value="false"/><active value="true"/></replace>', /^400/],
    ['<add sel="Patient"/>', /^400/],
    ['<add sel="Patient" pos="inside"><gender value="male"/></add>', /^400/],
    ['<add sel="Patient" type="namespace::x">urn:x</add>', /^400/],
    ['<add sel="Patient"><x:gender value="male"/></add>', /^400/],
    ['<add sel="Patient"><contact><x:gender value="male"/></contact></add>', /^400/],
    ['<remove/>', /^400/],
    ['<remove sel="x:Patient/x:name"/>', /^400/],
    ['<remove sel="y:Patient"/>', /^400/],
    ['<remove sel="Patient/name[1]" other="x"/>', /^400/],
    ['<x:remove sel="Patient/name[1]"/>', /^400/],
    ['<copy sel="Patient/name[1]"/>', /^400/],
    [`<remove sel="Patient/name[last()]"/>`, /^400/],
    ['<remove sel="//name"/>', /^400/],
    ['<remove sel="Patient/name/.."/>', /^400/],
    [`<remove sel="document('http://evil.example')"/>`, /^400/],
    [`<remove sel="Patient${'/name'.repeat(500)}"/>`, /^400/],
    ['<remove sel="Patient/active"/>'.repeat(11), /^400/],
  ] as const)
    assert.match(patched(operations), told, operations.slice(0, 200));
  for (const text of ['', '[]', '<diff>', '<other/>', '<patch/>', '<!DOCTYPE diff><diff/>', '<diff>&x;</diff>'])
    assert.match(outcome(text), /^400/, text);
});

test('Q25, Q36: whatever an XML Patch holds, its outcome is a text or a refusal, within the limits', () => {
  const piece = fc.constantFrom(
    ...[
      '<add sel="Patient">',
      '</add>',
      '<remove sel="Patient/name[1]"/>',
      '<replace sel="*/*[1]/@value">',
      '</replace>',
    ],
    ...[
      '<name>',
      '</name>',
      '<active value="true"/>',
      'x',
      '<div xmlns="http://www.w3.org/1999/xhtml">',
      '</div>',
      '<!--',
      '&amp;',
    ],
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 6 }), (pieces) => {
      assert.equal(typeof patched(pieces.join('')), 'string');
    }),
    { numRuns: 1000 },
  );
  const nested = `${'<extension url="u">'.repeat(15)}<valueCode value="x"/>${'</extension>'.repeat(15)}`;
  const deep = `${nested.replace('<valueCode value="x"/>', '')}`;
  assert.match(patched(`<add sel="Patient/extension">${deep}</add>`), /^4/);
  assert.match(outcome('<diff/>', { ...limits, characters: patient.length }), /^\{/);
  assert.match(outcome('<diff/>', { ...limits, characters: patient.length - 1 }), /^422 too-long/);
});

/** Patches as they are applied, and as they are refused. RFC 6902; FHIR R4 fhirpatch.html. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { applyPatch } from './patch.ts';
import type { PatchLimits } from './work.ts';

const limits: PatchLimits = { characters: 100_000, depth: 20, operations: 50 };
const patient =
  '{"resourceType":"Patient","id":"p","active":true,"name":[{"use":"official","family":"A","given":["x","y"],"_given":[null,{"id":"g"}]},{"use":"nickname","text":"B"}],"birthDate":"1970"}';

const outcome = (kind: 'json-patch' | 'fhirpath-patch', json: string, text: string, within = limits): string => {
  const result = applyPatch(json, { kind, text }, within);
  if (typeof result === 'string') return result;
  const [issue] = result.issues;
  return `${result.status} ${issue?.code} ${issue?.expression?.[0] ?? '-'}: ${issue?.diagnostics}`;
};
const patched = (operations: unknown, json = patient) => outcome('json-patch', json, JSON.stringify(operations));

test('N06: JSON Patch: every operation', () => {
  assert.match(patched([{ op: 'add', path: '/gender', value: 'male' }]), /"birthDate":"1970","gender":"male"}$/);
  assert.match(
    patched([{ op: 'add', path: '/name/0', value: { text: 'C' } }]),
    /"name":\[{"text":"C"},{"use":"official"/,
  );
  assert.match(patched([{ op: 'add', path: '/name/-', value: { text: 'C' } }]), /"text":"B"},{"text":"C"}\]/);
  assert.match(patched([{ op: 'add', path: '/active', value: false }]), /"id":"p","active":false,"name"/);
  assert.match(patched([{ op: 'remove', path: '/name/1' }]), /{"id":"g"}\]}\],"birthDate"/);
  assert.doesNotMatch(patched([{ op: 'remove', path: '/active' }]), /active/);
  assert.match(patched([{ op: 'replace', path: '/name/0/family', value: 'Z' }]), /"family":"Z"/);
  assert.match(patched([{ op: 'move', from: '/name/1', path: '/name/0' }]), /"name":\[{"use":"nickname"/);
  assert.match(patched([{ op: 'copy', from: '/name/1/text', path: '/name/0/text' }]), /{"id":"g"}\],"text":"B"}/);
  assert.equal(patched([{ op: 'test', path: '/name/0/given', value: ['x', 'y'] }]), patient);
  assert.equal(
    patched([{ op: 'test', path: '/name/1', value: { text: 'B', use: 'nickname' } }]),
    patient,
    'in any order',
  );
  assert.equal(patched([]), patient);
  assert.equal(patched([{ op: 'move', from: '/name', path: '/name' }]), patient);
  assert.match(
    patched([
      { op: 'copy', from: '/name/0', path: '/name/-' },
      { op: 'replace', path: '/name/2/family', value: 'Q' },
    ]),
    /"family":"A".*"family":"Q"/,
    'a copy is not the same thing',
  );
});

test('N06: JSON Patch: what does not fit is 422 with its place, what is not understood is 400', () => {
  for (const [operations, told] of [
    [[{ op: 'test', path: '/active', value: false }], /^422 processing Patient.active: the test failed/],
    [[{ op: 'test', path: '/active', value: 'true' }], /^422/],
    [[{ op: 'test', path: '/gender', value: 'male' }], /^422 processing Patient.gender: /],
    [[{ op: 'remove', path: '/name/7' }], /^422 processing Patient.name\[7\]: /],
    [[{ op: 'remove', path: '/name/-' }], /^422/],
    [[{ op: 'replace', path: '/gender', value: 'male' }], /^422/],
    [[{ op: 'add', path: '/name/3', value: {} }], /^422/],
    [[{ op: 'add', path: '/name/01', value: {} }], /^422/],
    [[{ op: 'add', path: '/name/x', value: {} }], /^422/],
    [[{ op: 'add', path: '/contact/0/name', value: {} }], /^422/],
    [[{ op: 'add', path: '/active/x', value: 1 }], /^422/],
    [[{ op: 'move', from: '/name', path: '/name/0/x' }], /^422/],
    [[{ op: 'copy', from: '/gender', path: '/language' }], /^422/],
    [[{ op: 'remove', path: '' }], /^400/],
    [[{ op: 'add', path: 'name', value: 1 }], /^400/],
    [[{ op: 'add', path: '/a~2', value: 1 }], /^400/],
    [[{ op: 'add', path: '/a' }], /^400/],
    [[{ op: 'add', value: 1 }], /^400/],
    [[{ op: 'merge', path: '/a', value: 1 }], /^400/],
    [[{ path: '/a', value: 1 }], /^400/],
    [[1], /^400/],
    [{ op: 'add' }, /^400/],
    [null, /^400/],
  ] as const)
    assert.match(patched(operations), told, JSON.stringify(operations));
  assert.match(
    patched([
      { op: 'replace', path: '/active', value: false },
      { op: 'test', path: '/gender', value: 'x' },
    ]),
    /^422/,
    'all or nothing',
  );
  assert.match(outcome('json-patch', patient, '[{"op":"add","op":"remove","path":"/active"}]'), /^400/);
});

test('N06, N25: numbers keep their text, and are tested by it', () => {
  const observation = '{"resourceType":"Observation","valueQuantity":{"value":1.0},"component":[]}';
  assert.match(
    outcome('json-patch', observation, '[{"op":"add","path":"/x","value":0.10}]'),
    /"value":1\.0}.*"x":0\.10}/,
  );
  assert.match(
    outcome('json-patch', observation, '[{"op":"copy","from":"/valueQuantity","path":"/y"}]'),
    /"y":{"value":1\.0}/,
  );
  assert.equal(
    outcome('json-patch', observation, '[{"op":"test","path":"/valueQuantity/value","value":1.0}]'),
    observation,
  );
  assert.match(outcome('json-patch', observation, '[{"op":"test","path":"/valueQuantity/value","value":1}]'), /^422/);
  assert.match(
    outcome('json-patch', observation, '[{"op":"test","path":"/valueQuantity/value","value":"1.0"}]'),
    /^422/,
  );
});

test('Q26: no patch reaches a prototype', () => {
  for (const path of [
    '/__proto__/polluted',
    '/constructor/prototype/polluted',
    '/name/0/__proto__/polluted',
    '/name/__proto__/polluted',
  ]) {
    assert.match(patched([{ op: 'add', path, value: 1 }]), /^400/, path);
    assert.match(patched([{ op: 'copy', from: path, path: '/language' }]), /^400/, path);
    assert.match(patched([{ op: 'move', from: path, path: '/language' }]), /^400/, path);
  }
  assert.match(patched([{ op: 'remove', path: '/name/length' }]), /^422/);
  assert.match(patched([{ op: 'add', path: '/toString/x', value: 1 }]), /^422/);
  assert.match(
    outcome('json-patch', patient, '[{"op":"add","path":"/x","value":{"__proto__":{"polluted":1}}}]'),
    /^400/,
  );
  assert.equal(Reflect.get({}, 'polluted'), undefined);
});

test('Q36: a patch can neither swell nor deepen a resource past its limits', () => {
  const doubling = Array.from({ length: 30 }, () => ({ op: 'copy', from: '/name', path: '/name/-' }));
  assert.match(patched(doubling), /^422/);
  const flat = Array.from({ length: 30 }, (_, i) => ({
    op: 'copy',
    from: i === 0 ? '/name' : `/x${i - 1}`,
    path: `/x${i}`,
  }));
  assert.ok(patched(flat).startsWith('{'), 'within its limits');
  const exponential = [
    { op: 'add', path: '/x', value: { a: 'a'.repeat(100), b: {} } },
    ...Array.from({ length: 30 }, (_, i) => ({ op: 'copy', from: '/x', path: `/x/b/c${i}` })),
  ];
  assert.match(patched(exponential), /^422/);
  const deeper = Array.from({ length: 30 }, () => ({ op: 'copy', from: '/name/0', path: '/name/0/x' }));
  assert.match(patched(deeper), /^422/);
  const moved = [
    { op: 'add', path: '/x', value: {} },
    ...Array.from({ length: 40 }, () => [
      { op: 'move', from: '/x', path: '/y' },
      { op: 'add', path: '/x', value: {} },
      { op: 'move', from: '/y', path: '/x/y' },
    ]).flat(),
  ];
  assert.match(outcome('json-patch', patient, JSON.stringify(moved), { ...limits, operations: 1000 }), /^422/);
  const operations = (count: number) =>
    Array.from({ length: count }, () => ({ op: 'test', path: '/active', value: true }));
  assert.equal(patched(operations(50)), patient);
  assert.match(patched(operations(51)), /^400/);
  const path = (depth: number) => [{ op: 'test', path: '/a'.repeat(depth), value: 1 }];
  assert.match(patched(path(20)), /^422/);
  assert.match(patched(path(21)), /^400/);
  const fits = (value: string) =>
    outcome('json-patch', patient, JSON.stringify([{ op: 'add', path: '/x', value }]), { ...limits, characters: 500 });
  const room = 500 - patient.length - ',"x":""'.length;
  assert.ok(fits('a'.repeat(room)).startsWith('{'));
  assert.match(fits('a'.repeat(room + 1)), /^422 too-long/);
});

const part = (name: string, value: object) => ({ name, ...value });
const operation = (type: string, path: string, more: object[] = []) => ({
  name: 'operation',
  part: [part('type', { valueCode: type }), part('path', { valueString: path }), ...more],
});
const fhirPath = (operations: object[], json = patient) =>
  outcome('fhirpath-patch', json, JSON.stringify({ resourceType: 'Parameters', parameter: operations }));
const value = (content: object) => part('value', content);
const named = (name: string) => part('name', { valueString: name });
const number = (name: string, valueInteger: number) => part(name, { valueInteger });

test('N06: FHIRPath Patch: add', () => {
  assert.match(
    fhirPath([operation('add', 'Patient', [named('gender'), value({ valueCode: 'male' })])]),
    /"gender":"male"}$/,
  );
  assert.match(
    fhirPath([operation('add', 'Patient.name[1]', [named('given'), value({ valueString: 'z' })])]),
    /"text":"B","given":\["z"\]}/,
  );
  assert.match(
    fhirPath([operation('add', 'Patient.name.first()', [named('given'), value({ valueString: 'z' })])]),
    /"given":\["x","y","z"\],"_given":\[null,{"id":"g"},null\]/,
  );
  assert.match(
    fhirPath([operation('add', 'Patient', [named('name'), value({ valueHumanName: { text: 'C' } })])]),
    /{"use":"nickname","text":"B"},{"text":"C"}\]/,
  );
  assert.match(
    fhirPath([operation('add', 'Patient', [named('deceased'), value({ valueBoolean: false })])]),
    /"deceasedBoolean":false/,
  );
  assert.match(
    fhirPath([
      operation('add', 'Patient', [
        named('contact'),
        value({
          part: [
            part('name', { valueHumanName: { text: 'C' } }),
            part('relationship', { valueCodeableConcept: { text: 'a' } }),
            part('relationship', { valueCodeableConcept: { text: 'b' } }),
          ],
        }),
      ]),
    ]),
    /"contact":\[{"name":{"text":"C"},"relationship":\[{"text":"a"},{"text":"b"}\]}\]/,
  );
  assert.match(
    fhirPath([
      operation('add', 'Patient.birthDate', [
        named('extension'),
        value({ valueExtension: { url: 'u', valueString: 'v' } }),
      ]),
    ]),
    /"_birthDate":{"extension":\[{"url":"u","valueString":"v"}\]}/,
  );
  const text = `{"resourceType":"Parameters","parameter":[{"name":"operation","part":[{"name":"type","valueCode":"add"},{"name":"path","valueString":"Observation"},{"name":"name","valueString":"value"},{"name":"value","valueQuantity":{"value":1.10}}]}]}`;
  assert.equal(
    outcome('fhirpath-patch', '{"resourceType":"Observation"}', text),
    '{"resourceType":"Observation","valueQuantity":{"value":1.10}}',
    'decimals keep their text',
  );
});

test('N06: FHIRPath Patch: insert, delete, replace, move', () => {
  assert.match(
    fhirPath([operation('insert', 'Patient.name[0].given', [number('index', 1), value({ valueString: 'z' })])]),
    /"given":\["x","z","y"\],"_given":\[null,null,{"id":"g"}\]/,
  );
  assert.match(
    fhirPath([
      operation('insert', 'Patient.identifier', [number('index', 0), value({ valueIdentifier: { value: '1' } })]),
    ]),
    /"identifier":\[{"value":"1"}\]/,
  );
  assert.doesNotMatch(fhirPath([operation('delete', 'Patient.birthDate')]), /birthDate/);
  assert.match(fhirPath([operation('delete', 'Patient.name[0].given[1]')]), /"family":"A","given":\["x"\]}/);
  assert.match(fhirPath([operation('delete', "Patient.name.where(use = 'nickname')")]), /{"id":"g"}\]}\],"birthDate"/);
  assert.equal(fhirPath([operation('delete', 'Patient.gender')]), patient, 'R4: to delete nothing is no fault');
  assert.equal(fhirPath([operation('delete', "Patient.extension('http://x')")]), patient);
  assert.match(
    fhirPath([operation('replace', "Patient.name.where(use='official').family", [value({ valueString: 'Z' })])]),
    /"family":"Z"/,
  );
  assert.match(
    fhirPath([operation('replace', 'Patient.name[0].given[1]', [value({ valueString: 'w' })])]),
    /"given":\["x","w"\]}/,
  );
  assert.match(
    fhirPath([operation('move', 'Patient.name[0].given', [number('source', 1), number('destination', 0)])]),
    /"given":\["y","x"\],"_given":\[{"id":"g"},null\]/,
  );
  const choice = '{"resourceType":"Observation","valueString":"x","_valueString":{"id":"a"}}';
  assert.equal(
    fhirPath([operation('replace', 'Observation.value', [value({ valueBoolean: true })])], choice),
    '{"resourceType":"Observation","valueBoolean":true}',
  );
  const extended =
    '{"resourceType":"Patient","extension":[{"url":"a","valueString":"x"},{"url":"b","valueString":"y"}]}';
  assert.equal(
    fhirPath([operation('replace', "Patient.extension('b').value", [value({ valueCode: 'z' })])], extended),
    '{"resourceType":"Patient","extension":[{"url":"a","valueString":"x"},{"url":"b","valueCode":"z"}]}',
  );
  const mixed =
    '{"resourceType":"Patient","contained":[{"resourceType":"Basic","id":"b"},{"resourceType":"Organization","name":"x"}]}';
  assert.doesNotMatch(fhirPath([operation('delete', "Patient.contained.where(name = 'x')")], mixed), /Organization/);
  const contained = '{"resourceType":"Patient","contained":[{"resourceType":"Organization","id":"o","name":"x"}]}';
  assert.match(
    fhirPath(
      [operation('replace', "Patient.contained.where(id = 'o').name", [value({ valueString: 'y' })])],
      contained,
    ),
    /"name":"y"/,
  );
});

test('N06: FHIRPath Patch: what does not fit, and what is not understood', () => {
  for (const [operations, told] of [
    [
      [operation('add', 'Patient', [named('birthDate'), value({ valueDate: '1980' })])],
      /^422 processing Patient.birthDate: .*replaced/,
    ],
    [[operation('add', 'Patient', [named('deceasedBoolean')])], /^400/],
    [[operation('add', 'Patient', [named('nickname'), value({ valueString: 'x' })])], /^400 invalid Patient.nickname/],
    [[operation('add', 'Patient', [named('deceased'), value({ valueString: 'x' })])], /^400/],
    [[operation('add', 'Patient', [named('name'), value({ valueString: 'x' })])], /^400/],
    [[operation('add', 'Patient', [named('__proto__'), value({ valueString: 'x' })])], /^400/],
    [[operation('add', 'Patient', [named('id'), value({ valueString: 'x' })])], /^422/],
    [[operation('add', 'Patient', [value({ valueString: 'x' })])], /^400/],
    [[operation('add', 'Patient.name', [named('text'), value({ valueString: 'x' })])], /^422 .*more than one/],
    [[operation('add', 'Patient.contact', [named('gender'), value({ valueCode: 'male' })])], /^422 .*nothing/],
    [[operation('insert', 'Patient.name', [number('index', 3), value({ valueHumanName: { text: 'x' } })])], /^422/],
    [[operation('insert', 'Patient.birthDate', [number('index', 0), value({ valueDate: '1980' })])], /^400/],
    [[operation('insert', 'Patient.name', [value({ valueHumanName: { text: 'x' } })])], /^400/],
    [[operation('insert', 'Patient.name', [number('index', -1), value({ valueHumanName: { text: 'x' } })])], /^400/],
    [[operation('delete', 'Patient.name')], /^422 .*more than one/],
    [[operation('delete', 'Patient')], /^400/],
    [[operation('delete', 'Patient.nickname')], /^422 processing Patient.nickname/],
    [[operation('replace', 'Patient.gender', [value({ valueCode: 'male' })])], /^422 .*nothing/],
    [[operation('replace', 'Patient.birthDate')], /^400/],
    [[operation('move', 'Patient.name', [number('source', 2), number('destination', 0)])], /^422/],
    [[operation('move', 'Patient.name', [number('source', 0), number('destination', 2)])], /^422/],
    [[operation('swap', 'Patient.name')], /^400/],
    [[operation('delete', 'Observation.status')], /^400/],
    [[{ name: 'operation' }], /^400/],
    [[{ name: 'other', part: [] }], /^400/],
    [[operation('delete', 'Patient.birthDate', [part('nonsense', { valueString: 'x' })])], /^400/],
    [[operation('delete', 'Patient.birthDate', [part('path', { valueString: 'Patient.id' })])], /^400/],
    [[], /^400/],
  ] as const)
    assert.match(fhirPath([...operations]), told, JSON.stringify(operations));
});

test('N06: of FHIRPath only a chain of members, indexes and plain filters is taken', () => {
  for (const path of [
    'Patient.name.given | Patient.name.family',
    'Patient.name.where(given.count() > 1)',
    'Patient.descendants()',
    'Patient.children()',
    'Patient.repeat(contained)',
    'Patient.managingOrganization.resolve().name',
    "Patient.name.where(use != 'x')",
    'Patient.name.where(use = %x)',
    'Patient.name.select(family)',
    "Patient.name.trace('x')",
    'Patient.name[0',
    'Patient.name[-1]',
    'Patient.name.',
    'Patient..name',
    'patient.name',
    '$this',
    '%resource.name',
    '',
    `Patient${'.name'.repeat(1000)}`,
  ])
    assert.match(fhirPath([operation('delete', path)]), /^400/, path);
  for (const path of ['Patient.__proto__', 'Patient.constructor', 'Patient.name.constructor', 'Patient.toString'])
    assert.match(fhirPath([operation('delete', path)]), /^422/, path);
  assert.match(fhirPath([operation('delete', "Patient.name.where(text = 'B\\u0042')")]), /"text":"B"/);
  assert.doesNotMatch(fhirPath([operation('delete', "Patient.name.where(text = '\\u0042')")]), /"text":"B"/);
});

test('Q36: FHIRPath Patch is bounded as well', () => {
  const deep = Array.from({ length: 30 }, (_, i) =>
    operation('add', `Patient${'.extension'.repeat(i)}`, [
      named('extension'),
      value({ part: [part('url', { valueUri: 'u' })] }),
    ]),
  );
  assert.match(fhirPath(deep), /^422/);
  const many = JSON.stringify({ resourceType: 'Patient', name: Array.from({ length: 5000 }, () => ({ text: 'a' })) });
  const looks = Array.from({ length: 50 }, () => operation('delete', "Patient.name.where(text = 'b')"));
  assert.match(fhirPath(looks, many), /^422 too-costly/);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { resourceTypes } from './resource-type.ts';
import { searchParameter, searchParametersOf } from './search-parameter.ts';
import { parsePath, pathText } from './search-path.ts';

test('a parameter says its type, definition, targets and paths', () => {
  assert.deepEqual(searchParameter('Observation', 'patient'), {
    kind: 'indexed',
    parameter: {
      code: 'patient',
      type: 'reference',
      definition: 'http://hl7.org/fhir/SearchParameter/clinical-patient',
      targets: ['Patient'],
      paths: [{ steps: [{ name: 'subject' }], type: 'Reference', target: 'Patient' }],
    },
  });
  const phone = searchParameter('Patient', 'phone');
  assert.deepEqual(phone.kind === 'indexed' && phone.parameter.paths, [
    { steps: [{ name: 'telecom', where: [{ names: ['system'], value: 'phone' }] }], type: 'ContactPoint' },
  ]);
});

test('a choice becomes each of its forms', () => {
  const date = searchParameter('Observation', 'date');
  assert.deepEqual(
    date.kind === 'indexed' && date.parameter.paths.map(({ steps, type }) => `${steps[0]?.name} ${type}`),
    ['effectiveDateTime dateTime', 'effectivePeriod Period', 'effectiveTiming Timing', 'effectiveInstant instant'],
  );
});

test('a code says the system that its binding implies; a composite its components', () => {
  const status = searchParameter('Observation', 'status');
  assert.equal(
    status.kind === 'indexed' && status.parameter.paths[0]?.system,
    'http://hl7.org/fhir/observation-status',
  );
  const composite = searchParameter('Observation', 'component-code-value-quantity');
  assert.ok(composite.kind === 'indexed');
  assert.deepEqual(composite.parameter.paths, [{ steps: [{ name: 'component' }], type: 'BackboneElement' }]);
  assert.deepEqual(
    composite.parameter.components?.map(({ code, type, paths }) => [code, type, paths.map(({ steps }) => steps)]),
    [
      ['component-code', 'token', [[{ name: 'code' }]]],
      ['component-value-quantity', 'quantity', [[{ name: 'valueQuantity' }]]],
    ],
  );
});

test('every type of parameter is indexed (N15)', () => {
  const types = new Set(resourceTypes.flatMap((type) => searchParametersOf(type).map((parameter) => parameter.type)));
  assert.deepEqual([...types].sort(), [
    ...['composite', 'date', 'number', 'quantity', 'reference', 'special', 'string', 'token', 'uri'],
  ]);
});

test('US Core adds what HL7 does not define, under its own URL (N29)', () => {
  for (const [type, code, kind, path] of [
    ['Condition', 'asserted-date', 'date', 'valueDateTime'],
    ['Encounter', 'discharge-disposition', 'token', 'dischargeDisposition'],
    ['Goal', 'description', 'token', 'description'],
    ['Patient', 'race', 'token', 'valueCoding'],
    ['Patient', 'ethnicity', 'token', 'valueCoding'],
    ['Patient', 'gender-identity', 'token', 'valueCodeableConcept'],
    ['CareTeam', 'role', 'token', 'role'],
  ] as const) {
    const found = searchParameter(type, code);
    assert.ok(found.kind === 'indexed', `${type}.${code}`);
    assert.equal(found.parameter.type, kind);
    assert.match(found.parameter.definition, /^http:\/\/hl7\.org\/fhir\/us\/core\/SearchParameter\/us-core-/);
    assert.deepEqual(
      found.parameter.paths.map(({ steps }) => steps.at(-1)?.name),
      [path],
    );
  }
  // What HL7 defines alike stays HL7's.
  const name = searchParameter('Patient', 'name');
  assert.equal(
    name.kind === 'indexed' && name.parameter.definition,
    'http://hl7.org/fhir/SearchParameter/Patient-name',
  );
});

test('what no path leads to is told from what is not known', () => {
  assert.deepEqual(searchParameter('Bundle', 'composition'), { kind: 'not-indexed', type: 'reference' });
  for (const name of ['nonsense', '__proto__', 'constructor', 'toString', ''])
    assert.deepEqual(searchParameter('Observation', name), { kind: 'unknown' }, name);
  assert.deepEqual(searchParameter('constructor', 'code'), { kind: 'unknown' });
});

test('every type has the common parameters, and every path leads somewhere', () => {
  assert.equal(resourceTypes.length, 146);
  for (const type of resourceTypes) {
    const params = searchParametersOf(type);
    assert.deepEqual(
      params.slice(0, 6).map(({ code }) => code),
      ['_id', '_lastUpdated', '_tag', '_security', '_profile', '_source'],
    );
    assert.equal(new Set(params.map(({ code }) => code)).size, params.length);
    for (const { code, paths } of params)
      for (const path of paths)
        assert.ok(path.steps.every(({ name }) => /^\w+$/.test(name)) && path.type !== '', `${type}.${code}`);
  }
});

test('paths are written as they are read', () => {
  for (const text of [
    ':Observation',
    'telecom[system=phone]:ContactPoint',
    'entity[type.code=1][role.code=1].what.identifier:Identifier',
    'extension[url=http://x/y:z.a].valueCoding:Coding',
    'subject:Reference(Patient)',
    'status:code|~observation-status',
    '%referenceSeq.chromosome:CodeableConcept',
  ])
    assert.equal(pathText(parsePath(text)), text);
  assert.equal(parsePath('status:code|~x').system, 'http://hl7.org/fhir/x');
  assert.deepEqual(parsePath('a[b.c=d].e:f').steps, [
    { name: 'a', where: [{ names: ['b', 'c'], value: 'd' }] },
    { name: 'e' },
  ]);
});

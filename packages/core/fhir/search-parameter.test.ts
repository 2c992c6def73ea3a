import assert from 'node:assert/strict';
import { test } from 'node:test';
import { resourceTypes } from './resource-type.ts';
import { searchParameter, searchParametersOf } from './search-parameter.ts';

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
    { steps: [{ name: 'telecom', where: { name: 'system', value: 'phone' } }], type: 'ContactPoint' },
  ]);
});

test('a choice becomes each of its forms', () => {
  const date = searchParameter('Observation', 'date');
  assert.deepEqual(
    date.kind === 'indexed' && date.parameter.paths.map(({ steps, type }) => `${steps[0]?.name} ${type}`),
    ['effectiveDateTime dateTime', 'effectivePeriod Period', 'effectiveTiming Timing', 'effectiveInstant instant'],
  );
});

test('what is not indexed is told from what is not known', () => {
  assert.deepEqual(searchParameter('Observation', 'value-quantity'), { kind: 'not-indexed', type: 'quantity' });
  for (const name of ['nonsense', '__proto__', 'constructor', 'toString', ''])
    assert.deepEqual(searchParameter('Observation', name), { kind: 'unknown' }, name);
  assert.deepEqual(searchParameter('constructor', 'code'), { kind: 'unknown' });
});

test('every type has the common parameters, and every path leads somewhere', () => {
  assert.equal(resourceTypes.length, 146);
  for (const type of resourceTypes) {
    const params = searchParametersOf(type);
    assert.deepEqual(
      params.slice(0, 5).map(({ code }) => code),
      ['_id', '_lastUpdated', '_tag', '_security', '_profile'],
    );
    assert.equal(new Set(params.map(({ code }) => code)).size, params.length);
    for (const { code, paths } of params)
      for (const path of paths)
        assert.ok(path.steps.every(({ name }) => /^\w+$/.test(name)) && path.type !== '', `${type}.${code}`);
  }
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { evaluate } from '../testing/fhirpath.ts';
import {
  type CustomParameter,
  compileSearchParameter,
  longestCode,
  mostComponents,
  withCustom,
} from './custom-search-parameter.ts';
import { extract } from './extract.ts';
import { valuesAt } from './path-values.ts';
import type { Resource } from './resource.ts';
import { deepestPath, longestExpression, mostAlternatives } from './search-expression.ts';
import { mostPaths } from './search-lowering.ts';
import { standardParameters } from './search-parameter.ts';
import { elementsOf } from './structure.ts';

const resource = (more: object): Resource => ({
  resourceType: 'SearchParameter',
  url: 'http://example.org/SearchParameter/mine',
  name: 'Mine',
  status: 'active',
  code: 'mine',
  base: ['Patient'],
  type: 'token',
  expression: 'Patient.maritalStatus',
  ...more,
});
const compiled = (more: object): CustomParameter => {
  const result = compileSearchParameter(resource(more));
  assert.ok(result.kind === 'parameter', JSON.stringify(result));
  return result;
};
const faultOf = (more: object): string => {
  const result = compileSearchParameter(resource(more));
  assert.ok(result.kind === 'fault', JSON.stringify(more).slice(0, 200));
  assert.match(result.diagnostics, /^\S.{5,}/);
  return `${result.expression}: ${result.diagnostics}`;
};

const patient: Resource = {
  resourceType: 'Patient',
  id: 'a',
  active: true,
  maritalStatus: { coding: [{ system: 's', code: 'M' }] },
  deceasedDateTime: '2020',
  name: [
    { use: 'official', family: 'A' },
    { use: 'nickname', family: 'B' },
  ],
  contact: [{ name: { family: 'C' }, organization: { reference: 'Organization/o' } }],
  link: [
    { other: { reference: 'Patient/b' }, type: 'seealso' },
    { other: { reference: 'RelatedPerson/c' }, type: 'seealso' },
  ],
  multipleBirthInteger: 2,
  extension: [
    { url: 'http://x/colour', valueCoding: { system: 'c', code: 'red' } },
    { url: 'http://x/weight', valueQuantity: { value: 3, code: 'kg' } },
    { url: 'http://x/other', extension: [{ url: 'inner', valueCode: 'in' }] },
  ],
};

test('what paths can say is compiled, and finds what the expression finds (M10)', () => {
  for (const [expression, type] of [
    ['Patient.maritalStatus', 'token'],
    ['maritalStatus', 'token'],
    ["Patient.name.where(use = 'official').family", 'string'],
    ["Patient.name.where(use='official' and family='A').family", 'string'],
    ["Patient.extension.where(url = 'http://x/colour').value", 'token'],
    ["Patient.extension('http://x/colour').value.ofType(Coding)", 'token'],
    ["Patient.extension('http://x/weight').value.ofType(Quantity)", 'quantity'],
    ["Patient.extension('http://x/other').extension('inner').value.ofType(code)", 'token'],
    ['(Patient.deceased as dateTime)', 'date'],
    ['Patient.deceased.as(dateTime) | Patient.birthDate', 'date'],
    ['Patient.multipleBirth.ofType(integer)', 'number'],
    ['Patient.contact.name.family | Patient.name.family', 'string'],
    ['Patient.contact.organization', 'reference'],
    ['(Patient.contact | Patient.name).id', 'token'],
  ] as const) {
    const { byType } = compiled({ expression, type });
    const paths = byType.get('Patient')?.paths ?? [];
    const sorted = (values: readonly unknown[]) => values.map((value) => JSON.stringify(value)).sort();
    assert.deepEqual(
      sorted(paths.flatMap((path) => valuesAt(patient, path))),
      sorted(evaluate(expression, patient)),
      expression,
    );
    assert.ok(paths.length > 0);
  }
});

test('a resolved type, and what exists', () => {
  const index = (more: object) =>
    extract(patient, [], withCustom(standardParameters, [compiled({ code: 'mine', ...more })]));
  const mine = <Entry extends { readonly param: string }>(all: readonly Entry[]) =>
    all.filter(({ param }) => param === 'mine').map(({ param: _, ...entry }) => entry);
  assert.deepEqual(
    mine(index({ type: 'reference', expression: 'Patient.link.other.where(resolve() is RelatedPerson)' }).references),
    [{ type: 'RelatedPerson', id: 'c' }],
  );
  const exists = (expression: string) => mine(index({ expression }).tokens).map(({ code }) => code);
  assert.deepEqual(exists('Patient.photo.exists()'), ['false']);
  assert.deepEqual(exists('Patient.name.exists()'), ['true']);
  assert.deepEqual(exists('Patient.active.exists() and Patient.active != false'), ['true']);
});

test('a parameter of several types has the paths of each', () => {
  const { types, parameter, byType } = compiled({
    base: ['Practitioner', 'Patient'],
    type: 'date',
    expression: 'Patient.name.period | Practitioner.qualification.period',
  });
  assert.deepEqual(types, ['Patient', 'Practitioner']);
  assert.deepEqual(parameter, {
    code: 'mine',
    type: 'date',
    definition: 'http://example.org/SearchParameter/mine',
    targets: [],
  });
  const steps = (type: string) => byType.get(type)?.paths.map((path) => path.steps.map(({ name }) => name).join('.'));
  assert.deepEqual([steps('Patient'), steps('Practitioner')], [['name.period'], ['qualification.period']]);
  assert.equal(compiled({ base: ['Resource'], expression: 'Resource.language' }).types.length, 146);
  assert.equal(compiled({ base: ['DomainResource'], expression: 'DomainResource.text.status' }).types.length, 143);
});

test('a composite is made of parameters that are known', () => {
  const composite = {
    base: ['Observation'],
    type: 'composite',
    expression: 'Observation.component',
    component: [
      { definition: 'http://hl7.org/fhir/SearchParameter/Observation-component-code', expression: 'code' },
      {
        definition: 'http://hl7.org/fhir/SearchParameter/Observation-component-value-quantity|4.0.1',
        expression: 'value',
      },
    ],
  };
  const parameters = withCustom(standardParameters, [compiled(composite)]);
  const { composites } = extract(
    {
      resourceType: 'Observation',
      component: [
        { code: { coding: [{ code: 'k' }] }, valueQuantity: { value: 1 } },
        { code: { coding: [{ code: 'l' }] } },
      ],
    },
    [],
    parameters,
  );
  assert.deepEqual(
    composites.filter(({ param }) => param === 'mine').map(({ parts }) => parts.map(([one]) => one?.kind)),
    [['token', 'quantity']],
  );
  const [first] = composite.component;
  assert.match(faultOf({ ...composite, component: [] }), /^SearchParameter\.component: /);
  assert.match(
    faultOf({ ...composite, component: [{ definition: 'http://x/unknown', expression: 'code' }] }),
    /^SearchParameter\.component\[0\]\.definition: /,
  );
  assert.match(
    faultOf({ ...composite, component: [{ ...first, expression: 'nonsense' }] }),
    /^SearchParameter\.component\[0\]\.expression: /,
  );
  compiled({ ...composite, component: Array(mostComponents).fill(first) });
  assert.match(faultOf({ ...composite, component: Array(mostComponents + 1).fill(first) }), /at most/);
});

test('what is beyond paths is refused, in words (Q35)', () => {
  for (const expression of [
    '',
    'Patient.name[0]',
    'Patient.name.first()',
    'Patient.name.where(family.exists())',
    "Patient.name.where(use = 'official' or use = 'usual')",
    "Patient.name.where(family.startsWith('A'))",
    'Patient.name.family + Patient.name.given',
    'Patient.name.given.count() > 1',
    'Patient.nonsense',
    'Patient.name.family.nonsense',
    'Nonsense.name',
    'Observation.code',
    'Patient.deceased.ofType(Quantity)',
    "Patient.name.where(given = 'A')",
    'Patient.birthDate',
    'Patient.link.where(resolve() is Patient)',
    "Patient.where(gender = 'male').maritalStatus",
    "Patient.extension('with space').value",
    "Patient.name.where(use = 'it\\'s')",
    'Patient.active.exists() and Patient.deceased != false',
    'Patient..name',
    'Patient.name.',
    '(Patient.name',
    'Patient.name)',
    '| Patient.maritalStatus',
    '%context.maritalStatus',
    '`Patient`.maritalStatus',
    'iif(true, Patient.maritalStatus, {})',
    '__proto__',
    'constructor.constructor',
    "Patient.extension('[x]').value",
  ])
    assert.match(faultOf({ expression }), /^SearchParameter\.expression: /, expression);
});

test('limits of an expression, at them and past them (Q35)', () => {
  const long = (length: number) => 'Patient.maritalStatus'.padEnd(length);
  compiled({ expression: long(longestExpression) });
  assert.match(faultOf({ expression: long(longestExpression + 1) }), /characters/);
  const many = (count: number) => Array(count).fill('maritalStatus').join('|');
  compiled({ expression: many(mostAlternatives) });
  assert.match(faultOf({ expression: many(mostAlternatives + 1) }), /alternatives/);
  const nested = (count: number) => `${'('.repeat(count)}maritalStatus${')'.repeat(count)}`;
  compiled({ expression: nested(deepestPath) });
  assert.match(faultOf({ expression: nested(deepestPath + 1) }), /parentheses/);
  const deep = (steps: number) => `Patient${'.extension'.repeat(steps - 1)}.url`;
  compiled({ expression: deep(deepestPath) });
  assert.match(faultOf({ expression: deep(deepestPath + 1) }), /steps/);
  // Parentheses do not make a path shorter.
  assert.match(faultOf({ expression: `(${deep(deepestPath).slice(0, -4)}).extension.url` }), /steps/);
  const forms = elementsOf('Extension')?.find(({ name }) => name === 'value')?.types.length ?? 0;
  const wide = (times: number) => Array(times).fill('extension.value').join('|');
  compiled({ expression: wide(Math.floor(mostPaths / forms)) });
  assert.match(faultOf({ expression: wide(Math.floor(mostPaths / forms) + 1) }), /paths/);
  assert.match(faultOf({ expression: 'extension.value.extension.value.extension.value.extension.value' }), /paths/);
});

test('the rest of the resource is checked, and the fault names its element (M10)', () => {
  for (const [element, ...values] of [
    ['url', undefined, '', 'mine', 7, {}],
    ['code', undefined, '', '_id', 'a.b', 'a:b', '1a', 'a b', 'é', 'a'.repeat(longestCode + 1), 7],
    ['type', undefined, 'special', 'nonsense', 'toString', 7],
    ['expression', undefined, 7, ['Patient.name']],
    ['base', undefined, [], 'Patient', ['Nonsense'], ['patient'], ['Patient', 'constructor']],
  ] as const)
    for (const value of values)
      assert.match(faultOf({ [element]: value }), new RegExp(`^SearchParameter\\.${element}: `), `${element} ${value}`);
  compiled({ code: 'a'.repeat(longestCode) });
  fc.assert(
    fc.property(fc.string({ maxLength: 40 }), fc.jsonValue(), (expression, component) => {
      const { kind } = compileSearchParameter(
        resource({ expression: `Patient.${expression}`, type: 'composite', component: component ?? null }),
      );
      assert.ok(kind === 'fault' || kind === 'parameter');
    }),
  );
});

test('a name of the standard cannot be taken for something else, but may be restated (M10)', () => {
  assert.match(faultOf({ code: 'gender' }), /^SearchParameter\.code: Patient has another/);
  assert.match(
    faultOf({ base: ['Bundle'], code: 'composition', expression: 'Bundle.type' }),
    /^SearchParameter\.code: /,
  );
  const own = { code: 'gender', expression: 'Patient.gender' };
  compiled(own);
  compiled({ ...own, url: 'http://hl7.org/fhir/SearchParameter/individual-gender' });
  const parameters = withCustom(standardParameters, [compiled(own)]);
  assert.equal(parameters.of('Patient').length, standardParameters.of('Patient').length);
  assert.deepEqual(parameters.find('Patient', 'gender'), standardParameters.find('Patient', 'gender'));
});

test('parameters stand beside the standard; of two with one name the first stands', () => {
  const first = compiled({});
  const second = compiled({ url: 'http://example.org/SearchParameter/other', expression: 'Patient.photo.title' });
  const parameters = withCustom(standardParameters, [first, second]);
  const found = parameters.find('Patient', 'mine');
  assert.equal(found.kind === 'indexed' && found.parameter.definition, 'http://example.org/SearchParameter/mine');
  assert.equal(parameters.of('Patient').filter(({ code }) => code === 'mine').length, 1);
  assert.equal(parameters.find('Observation', 'mine').kind, 'unknown');
  assert.equal(parameters.of('Observation'), parameters.of('Observation'));
  // What was added is known to the next.
  const next = compileSearchParameter(
    resource({ expression: 'Patient.photo.title' }),
    withCustom(standardParameters, []),
  );
  assert.equal(next.kind, 'parameter');
  const taken = compileSearchParameter(
    resource({ url: 'http://example.org/SearchParameter/other', expression: 'Patient.photo.title' }),
    parameters,
  );
  assert.equal(taken.kind, 'fault');
});

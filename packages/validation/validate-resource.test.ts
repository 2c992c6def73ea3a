/** The rules of validation, each by a resource that breaks it: base R4, US Core 6.1.0, bindings, slices, invariants. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { validateResource } from './validate-resource.ts';

const usCore = 'http://hl7.org/fhir/us/core/StructureDefinition/';
const text = { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml">a</div>' };

/** Issues as `severity code expression`, without those of information. */
const issuesOf = (resource: object, profile?: string): readonly string[] =>
  validateResource({
    resource: { text, ...resource },
    ...(profile === undefined ? {} : { profile: usCore + profile }),
    brought: new Map(),
    mostIssues: 50,
  })
    .issues.filter(({ severity }) => severity !== 'information')
    .map(({ severity, code, expression }) => `${severity} ${code} ${expression?.[0]}`);

const patient = {
  resourceType: 'Patient',
  identifier: [{ system: 'http://a.example/id', value: '1' }],
  name: [{ family: 'A', given: ['B'] }],
  gender: 'female',
};
const coded = (system: string, code: string) => ({ coding: [{ system, code }] });
const loinc = (code: string) => coded('http://loinc.org', code);
const quantity = (value: number, code: string) => ({ value, unit: code, system: 'http://unitsofmeasure.org', code });
const systolic = { code: loinc('8480-6'), valueQuantity: quantity(120, 'mm[Hg]') };
const diastolic = { code: loinc('8462-4'), valueQuantity: quantity(80, 'mm[Hg]') };
const pressure = {
  resourceType: 'Observation',
  status: 'final',
  category: [coded('http://terminology.hl7.org/CodeSystem/observation-category', 'vital-signs')],
  code: loinc('85354-9'),
  subject: { reference: 'Patient/1' },
  effectiveDateTime: '2026-01-01',
  component: [systolic, diastolic],
};
const absent = {
  extension: [{ url: 'http://hl7.org/fhir/StructureDefinition/data-absent-reason', valueCode: 'unknown' }],
};

test('M07: what is valid has no issue', () => {
  assert.deepEqual(issuesOf(patient, 'us-core-patient'), []);
  assert.deepEqual(issuesOf(pressure, 'us-core-blood-pressure'), []);
});

test('M07: unknown elements, at any depth', () => {
  assert.deepEqual(issuesOf({ ...patient, colour: 1 }), ['error structure Patient.colour']);
  assert.deepEqual(issuesOf({ ...patient, contact: [{ gender: 'male', name: { text: 'x' }, colour: 1 }] }), [
    'error structure Patient.contact[0].colour',
  ]);
  assert.deepEqual(issuesOf({ ...patient, contact: { name: { text: 'x' } } }), ['error structure Patient.contact']);
  assert.deepEqual(issuesOf({ ...patient, multipleBirthString: 'x' }), ['error structure Patient.multipleBirthString']);
});

test('M07: cardinality of the base and of the profile', () => {
  assert.deepEqual(issuesOf({ resourceType: 'Observation', code: { text: 'a' } }), [
    'error required Observation.status',
  ]);
  const { identifier, ...without } = patient;
  assert.ok(identifier);
  assert.deepEqual(issuesOf(without), []);
  assert.deepEqual(issuesOf(without, 'us-core-patient'), ['error required Patient.identifier']);
  assert.deepEqual(issuesOf({ ...without, meta: { profile: [`${usCore}us-core-patient|6.1.0`] } }), [
    'error required Patient.identifier',
  ]);
});

test('M07: primitives', () => {
  assert.deepEqual(issuesOf({ ...patient, birthDate: '2026-02-30' }), ['error value Patient.birthDate']);
  assert.deepEqual(issuesOf({ ...patient, active: 'yes' }), ['error structure Patient.active']);
  const wrong = issuesOf({ ...patient, contact: [{ name: { text: 'x' }, gender: 5 }] });
  assert.ok(wrong.includes('error structure Patient.contact[0].gender'));
});

test('M07: required bindings, and extensible ones as warnings', () => {
  assert.deepEqual(issuesOf({ ...patient, gender: 'f' }), ['error code-invalid Patient.gender']);
  assert.deepEqual(issuesOf({ ...patient, maritalStatus: coded('http://a.example/c', 'x') }), [
    'warning code-invalid Patient.maritalStatus',
  ]);
  const bad = { ...pressure, category: [...pressure.category, coded('http://a.example/c', 'x')] };
  assert.deepEqual(issuesOf(bad, 'us-core-blood-pressure'), []);
  const smoking = {
    ...pressure,
    category: [coded('http://terminology.hl7.org/CodeSystem/observation-category', 'social-history')],
    code: loinc('72166-2'),
    component: undefined,
    status: 'registered',
    valueCodeableConcept: coded('http://snomed.info/sct', '1'),
  };
  assert.deepEqual(issuesOf(JSON.parse(JSON.stringify(smoking)), 'us-core-smokingstatus'), [
    'error code-invalid Observation.status',
  ]);
});

test('M07: a value set whose codes are not known here is told as information', () => {
  const race = {
    url: `${usCore}us-core-race`,
    extension: [
      { url: 'ombCategory', valueCoding: { system: 'urn:oid:2.16.840.1.113883.6.238', code: '1' } },
      { url: 'text', valueString: 'a' },
    ],
  };
  const { issues } = validateResource({
    resource: { text, ...patient, extension: [race] },
    brought: new Map(),
    mostIssues: 9,
  });
  assert.deepEqual(
    issues.map(({ severity, expression }) => `${severity} ${expression}`),
    ['information Patient.extension[0].extension[0].value'],
  );
});

test('M07: extensions against their definitions, wherever they stand', () => {
  const race = { url: `${usCore}us-core-race`, extension: [{ url: 'ombCategory', valueString: 'a' }] };
  assert.deepEqual(issuesOf({ ...patient, extension: [race] }), [
    'error structure Patient.extension[0].extension[0].value',
    'error required Patient.extension[0].extension',
  ]);
  assert.deepEqual(issuesOf({ ...patient, _birthDate: { extension: [{ url: 'http://a.example/e' }] } }), [
    'error invariant Patient.birthDate.extension[0]',
  ]);
});

test('M07: where references may point', () => {
  assert.deepEqual(issuesOf({ ...patient, managingOrganization: { reference: 'Patient/1' } }), [
    'error value Patient.managingOrganization',
  ]);
  const contained = [{ resourceType: 'Practitioner', id: 'a' }];
  assert.deepEqual(issuesOf({ ...patient, contained, managingOrganization: { reference: '#a' } }).slice(0, 1), [
    'error value Patient.managingOrganization',
  ]);
  assert.deepEqual(issuesOf({ ...patient, contained }).slice(0, 1), ['error invariant Patient']);
  assert.deepEqual(issuesOf({ ...patient, managingOrganization: { reference: 'urn:uuid:1' } }), []);
});

test('M07: slices: how many, and what is in them', () => {
  const profile = 'us-core-blood-pressure';
  assert.deepEqual(issuesOf({ ...pressure, component: [systolic] }, profile), [
    'error required Observation.component',
    'error required Observation.component',
  ]);
  const pascal = { ...diastolic, valueQuantity: quantity(10, 'kPa') };
  assert.deepEqual(issuesOf({ ...pressure, component: [systolic, pascal] }, profile), [
    'error value Observation.component[1].value.code',
    'warning code-invalid Observation.component[1].value',
  ]);
  assert.deepEqual(issuesOf({ ...pressure, category: [{ text: 'a' }] }, profile), [
    'error required Observation.category',
  ]);
  assert.deepEqual(issuesOf({ ...pressure, code: loinc('1-1') }, profile), ['error value Observation.code']);
});

test('M07: invariants of types, data types and profiles', () => {
  assert.deepEqual(issuesOf({ ...patient, contact: [{ gender: 'male' }] }), ['error invariant Patient.contact[0]']);
  const period = { start: '2026-02-01', end: '2026-01-01' };
  assert.deepEqual(issuesOf({ ...patient, name: [{ family: 'A', period }] }), [
    'error invariant Patient.name[0].period',
  ]);
  assert.deepEqual(issuesOf({ ...patient, name: [{ use: 'official' }] }, 'us-core-patient'), [
    'error invariant Patient.name[0]',
  ]);
  assert.deepEqual(issuesOf({ ...pressure, effectiveDateTime: '2026' }, 'us-core-blood-pressure'), [
    'error invariant Observation.effective',
  ]);
});

test('N30: an element that is missing may say why', () => {
  assert.deepEqual(issuesOf({ ...patient, name: [absent] }, 'us-core-patient'), []);
  const { gender, ...without } = patient;
  assert.equal(gender, 'female');
  assert.deepEqual(issuesOf(without, 'us-core-patient'), ['error required Patient.gender']);
  assert.deepEqual(issuesOf({ ...without, _gender: absent }, 'us-core-patient'), []);
  assert.deepEqual(issuesOf({ ...patient, _gender: { id: 'a' } }), []);
  assert.deepEqual(issuesOf({ ...without, _gender: { id: 'a' } }), ['error invariant Patient.gender']);
  const valueless = {
    code: loinc('8462-4'),
    dataAbsentReason: coded('http://terminology.hl7.org/CodeSystem/data-absent-reason', 'unknown'),
  };
  assert.deepEqual(issuesOf({ ...pressure, component: [systolic, valueless] }, 'us-core-blood-pressure'), []);
});

test('M07: warnings never take the place of an error', () => {
  const contact = Array.from({ length: 5 }, () => ({ name: { text: 'x' }, relationship: [{ text: 'x' }] }));
  const { issues } = validateResource({
    resource: { text, ...patient, contact, multipleBirthString: 'x', gender: 'f' },
    brought: new Map(),
    mostIssues: 1,
  });
  assert.deepEqual(
    issues.map(({ severity }) => severity),
    ['error'],
  );
  const many = { ...patient, contact, gender: 'f' };
  const few = validateResource({ resource: { text, ...many }, brought: new Map(), mostIssues: 2 }).issues;
  assert.equal(few[0]?.code, 'code-invalid');
});

test('M07: a profile that is malformed is refused, whatever is wrong with it', () => {
  const url = 'http://a.example/StructureDefinition/broken';
  const sound = {
    resourceType: 'StructureDefinition',
    url,
    name: 'B',
    status: 'active',
    kind: 'resource',
    abstract: false,
  };
  const element = [{ path: 'Patient' }, { path: 'Patient.name', min: 2, max: '*', type: [{ code: 'HumanName' }] }];
  const asked = (profile: object) =>
    validateResource({
      resource: { text, ...patient },
      profile: url,
      brought: new Map([[url, profile]]),
      mostIssues: 9,
    }).issues;
  const good = { ...sound, type: 'Patient', derivation: 'constraint', snapshot: { element } };
  assert.deepEqual(
    asked(good).map(({ code, expression }) => `${code} ${expression}`),
    ['required Patient.name'],
    'elements without ids',
  );
  for (const broken of [
    { ...good, snapshot: 5 },
    { ...good, snapshot: { element: [null] } },
    { ...good, snapshot: { element: [{ path: 'Patient' }, { path: 5, type: {} }] } },
    { ...good, snapshot: { element: [{ path: 'Patient', constraint: 5 }] } },
    {
      ...good,
      snapshot: { element: [{ path: 'Patient', slicing: { rules: 'open', discriminator: [{ type: 'value' }] } }] },
    },
  ])
    assert.deepEqual(
      asked(broken).map(({ code }) => code),
      ['not-supported'],
      JSON.stringify(broken.snapshot),
    );
});

test('M07: resources in a Bundle and contained ones are checked, with their paths', () => {
  const entry = [{ fullUrl: 'http://a.example/Patient/1', resource: { text, ...patient, id: '1', gender: 'f' } }];
  assert.deepEqual(
    validateResource({
      resource: { resourceType: 'Bundle', type: 'collection', entry },
      brought: new Map(),
      mostIssues: 9,
    }).issues.map(({ expression }) => expression?.[0]),
    ['Bundle.entry[0].resource.gender'],
  );
});

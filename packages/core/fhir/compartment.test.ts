import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compartmentParameters, nobodysRecord, ownerElements, recordOwners, throughElements } from './compartment.ts';
import definition from './definitions/patient-compartment.json' with { type: 'json' };
import type { Resource } from './resource.ts';
import { factsOf } from './resource-facts.ts';
import { resourceTypes, typeFacts } from './resource-type.ts';
import { searchParameter } from './search-parameter.ts';

const own = ['http://localhost:4000/fhir'];
const owners = (resource: object) => recordOwners(resource as Resource, own);
const compartments = (resource: object) => factsOf(resource as Resource, own).compartments;
const a = { reference: 'Patient/a' };
const b = { reference: 'Patient/b' };

test("HL7's compartment has 67 types, each by reference parameters that are indexed (E20)", () => {
  assert.equal(Object.keys(definition).length, 67);
  for (const [type, params] of Object.entries(definition))
    for (const param of params) {
      const lookup = searchParameter(type, param);
      assert.ok(lookup.kind === 'indexed' && lookup.parameter.type === 'reference', `${type}.${param}`);
    }
});

test('every type of the compartment is decided: somebody’s record by one element, or nobody’s (E21, E22)', () => {
  const decided = new Set([
    ...Object.keys(ownerElements),
    ...Object.keys(throughElements),
    ...nobodysRecord,
    'AuditEvent',
    'Patient',
  ]);
  assert.deepEqual([...decided].sort(), [...Object.keys(definition), 'Binary', 'Device'].sort());
  for (const type of nobodysRecord) assert.equal(ownerElements[type], undefined);
});

for (const [type, element] of Object.entries(ownerElements)) {
  test(`${type} is the record of its ${element} alone`, () => {
    // HL7's own parameter for whom it is about says the same element.
    const about = ['patient', 'beneficiary', 'individual', 'subject']
      .map((code) => searchParameter(type, code))
      .find(({ kind }) => kind === 'indexed');
    assert.ok(about?.kind === 'indexed');
    assert.deepEqual(
      about.parameter.paths.map(({ steps }) => steps.map(({ name }) => name).join('.')),
      [element],
    );
    const fact = typeFacts(type)?.elements.get(element);
    assert.equal(fact?.type, 'Reference');
    const refer = (value: object) => ({ resourceType: type, id: 'x', [element]: fact?.repeats ? [value] : value });
    assert.deepEqual(owners(refer(a)), ['a']);
    assert.ok(compartments(refer(a)).includes('a'));
    assert.deepEqual(owners(refer({ reference: 'Practitioner/a' })), []);
    assert.deepEqual(owners({ resourceType: type }), []);
    // In every other reference at its top, a patient does not own it.
    for (const [name, other] of typeFacts(type)?.elements ?? []) {
      if (name === element || other.type !== 'Reference') continue;
      assert.deepEqual(owners({ resourceType: type, [name]: other.repeats ? [b] : b }), [], name);
    }
  });
}

test('a Patient is its own record, and nobody’s through link (E26)', () => {
  const patient = { resourceType: 'Patient', id: 'a', link: [{ other: b, type: 'seealso' }] };
  assert.deepEqual(owners(patient), ['a']);
  assert.deepEqual(compartments(patient), ['a', 'b']);
  assert.deepEqual(owners({ resourceType: 'Patient' }), []);
});

test('any role is in the compartment, only the subject owns (E21)', () => {
  const observation = { resourceType: 'Observation', subject: a, performer: [b] };
  assert.deepEqual(owners(observation), ['a']);
  assert.deepEqual(compartments(observation), ['a', 'b']);
  const document = { resourceType: 'DocumentReference', subject: a, author: [b] };
  assert.deepEqual(owners(document), ['a']);
  assert.deepEqual(compartments(document), ['a', 'b']);
  assert.deepEqual(compartments({ resourceType: 'Coverage', beneficiary: a, payor: [b] }).toSorted(), ['a', 'b']);
});

test('containers of other people’s data are in compartments and nobody’s record (E22)', () => {
  const group = { resourceType: 'Group', member: [{ entity: a }, { entity: b }] };
  assert.deepEqual(owners(group), []);
  assert.deepEqual(compartments(group), ['a', 'b']);
  assert.deepEqual(owners({ resourceType: 'Appointment', participant: [{ actor: a }] }), []);
  assert.deepEqual(owners({ resourceType: 'Person', link: [{ target: a }] }), []);
  assert.deepEqual(owners({ resourceType: 'AuditEvent', agent: [{ who: a }] }), []);
  assert.deepEqual(owners({ resourceType: 'Schedule', actor: [a] }), []);
  assert.deepEqual(owners({ resourceType: 'List', source: a }), []);
  assert.deepEqual(owners({ resourceType: 'Task', focus: a }), []);
});

test('two subjects share a record; one that cannot be resolved leaves it to nobody (E24)', () => {
  assert.deepEqual(owners({ resourceType: 'Account', subject: [a, b] }), ['a', 'b']);
  assert.deepEqual(owners({ resourceType: 'Account', subject: [a, a] }), ['a']);
  assert.deepEqual(owners({ resourceType: 'Account', subject: [a, { reference: 'Device/d' }] }), ['a']);
  for (const other of [
    { reference: 'https://other.example/Patient/b' },
    { reference: '#p' },
    { reference: 'urn:uuid:1' },
    { reference: 'patient/b' },
    { identifier: { value: '1' } },
    { display: 'B' },
    null,
    'Patient/a',
  ])
    assert.deepEqual(owners({ resourceType: 'Account', subject: [a, other] }), [], JSON.stringify(other));
});

test('a reference is resolved before it owns; a contained Patient never does (E25)', () => {
  const subject = (reference: string) =>
    owners({ resourceType: 'Observation', subject: { reference }, contained: [{ resourceType: 'Patient', id: 'a' }] });
  for (const same of ['Patient/a', 'Patient/a/', 'Patient/a/_history/2', 'http://localhost:4000/fhir/Patient/a'])
    assert.deepEqual(subject(same), ['a'], same);
  for (const other of ['#a', 'patient/a', 'https://other.example/fhir/Patient/a', 'urn:uuid:a', 'Patient/a?x', 'a'])
    assert.deepEqual(subject(other), [], other);
});

test('a Provenance is in the one record that all its targets are in, else in nobody’s (E21, E24, J17)', () => {
  const known: Readonly<Record<string, readonly string[]>> = {
    'Observation/a': ['a'],
    'Condition/a': ['a'],
    'Condition/b': ['b'],
    'Account/ab': ['a', 'b'],
    'Medication/m': [],
    'Binary/a': ['a'],
    'Provenance/a': ['a'],
  };
  const through = (type: string, element: string, references: readonly string[]) => {
    const values = references.map((reference) => ({ reference }));
    const resource = { resourceType: type, id: 'p', [element]: type === 'Binary' ? values[0] : values } as Resource;
    return recordOwners(resource, own, (at) => known[`${at.type}/${at.id}`]);
  };
  const targets = (...references: string[]) => through('Provenance', 'target', references);
  assert.deepEqual(targets('Observation/a'), ['a']);
  assert.deepEqual(targets('Observation/a/_history/3', 'Patient/a', 'Binary/a', 'Condition/a'), ['a']);
  assert.deepEqual(targets('Patient/a'), ['a']);
  for (const other of [
    'Condition/b',
    'Account/ab',
    'Medication/m',
    'Observation/never',
    'Patient/b',
    'Provenance/a',
    '#a',
    'urn:uuid:a',
    'https://other.example/fhir/Observation/a',
  ]) {
    assert.deepEqual(targets('Observation/a', other), [], other);
    assert.deepEqual(targets(other, 'Observation/a'), [], other);
  }
  assert.deepEqual(targets(), []);
  assert.deepEqual(owners({ resourceType: 'Provenance', target: [{ reference: 'Observation/a' }] }), []);
  assert.deepEqual(through('Binary', 'securityContext', ['Observation/a']), ['a']);
  assert.deepEqual(through('Binary', 'securityContext', ['Patient/a']), ['a']);
  for (const other of ['Binary/a', 'Provenance/a', 'Account/ab'])
    assert.deepEqual(through('Binary', 'securityContext', [other]), [], other);
});

test('an AuditEvent is of the one patient that its entities name (J01)', () => {
  const event = (...entity: object[]) => owners({ resourceType: 'AuditEvent', agent: [{ who: b }], entity });
  const data = { what: { reference: 'Observation/x/_history/1' }, role: { code: '4' } };
  const patient = { what: a, role: { code: '1' } };
  assert.deepEqual(event(data, patient), ['a']);
  assert.deepEqual(event({ what: { reference: 'Patient/a/_history/2' }, role: { code: '4' } }, patient), ['a']);
  assert.deepEqual(event(data), []);
  assert.deepEqual(event(patient, { what: b }), []);
  assert.deepEqual(event(patient, { what: { reference: 'https://other.example/Patient/b' } }), []);
  assert.deepEqual(event(patient, { what: { reference: '#b' }, role: { code: '1' } }), []);
});

test('shared master data is in no compartment and nobody’s (E22, E23)', () => {
  for (const type of [
    'Medication',
    'Practitioner',
    'PractitionerRole',
    'Organization',
    'Location',
    'Binary',
    'Questionnaire',
    'Endpoint',
  ]) {
    assert.ok(resourceTypes.includes(type));
    assert.deepEqual(compartmentParameters(type), []);
    assert.deepEqual(owners({ resourceType: type, subject: a, patient: a }), []);
  }
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseFhirContext } from './fhir-context.ts';

const sound: readonly (readonly [string, unknown])[] = [
  ['nothing at all', []],
  ['a reference', [{ reference: 'ImagingStudy/12' }]],
  ['the role that is meant anyway', [{ reference: 'ImagingStudy/12', role: 'launch' }]],
  ['a role of one’s own', [{ reference: 'Task/1.a-b', role: 'https://ehr.example/role/todo' }]],
  ['a canonical', [{ canonical: 'http://example.org/Questionnaire/phq-9|2.0', type: 'Questionnaire' }]],
  ['an identifier', [{ identifier: { system: 'urn:oid:1.2.3', value: '7' }, type: 'ServiceRequest' }]],
  ['another patient in another role', [{ reference: 'Patient/2', role: 'https://ehr.example/role/mother' }]],
  ['several of one type', [{ reference: 'Observation/1' }, { reference: 'Observation/2' }]],
];
for (const [what, given] of sound)
  test(`D17: ${what}`, () => assert.deepEqual(parseFhirContext(given), { kind: 'context', items: given }));

const faulty: readonly (readonly [string, unknown])[] = [
  ['a string, as in SMART 2.0.0 (U8)', ['ImagingStudy/12']],
  ['no array', { reference: 'ImagingStudy/12' }],
  ['an object that names nothing', [{ role: 'launch' }]],
  ['an absolute reference', [{ reference: 'https://ehr.example/fhir/ImagingStudy/12' }]],
  ['a reference to no type of FHIR', [{ reference: 'Study/12' }]],
  ['a version', [{ reference: 'ImagingStudy/12/_history/1' }]],
  ['the patient without a role', [{ reference: 'Patient/1' }]],
  ['the patient in the role launch', [{ reference: 'Patient/1', role: 'launch' }]],
  ['the encounter without a role', [{ reference: 'Encounter/1' }]],
  ['a patient by identifier without a role', [{ identifier: { value: '1' }, type: 'Patient' }]],
  ['an empty role', [{ reference: 'ImagingStudy/12', role: '' }]],
  ['a relative role that SMART does not define', [{ reference: 'ImagingStudy/12', role: 'todo' }]],
  ['a role that is no string', [{ reference: 'ImagingStudy/12', role: 7 }]],
  ['a type that is none', [{ canonical: 'http://example.org/x', type: 'Thing' }]],
  ['a type that the reference contradicts', [{ reference: 'ImagingStudy/12', type: 'Task' }]],
  ['an identifier without a value', [{ identifier: { system: 'urn:oid:1' } }]],
  ['a canonical that is relative', [{ canonical: 'Questionnaire/phq-9' }]],
  ['a member that nobody knows', [{ reference: 'ImagingStudy/12', display: 'MRI' }]],
];
for (const [what, given] of faulty)
  test(`D17: refused: ${what}`, () => assert.equal(parseFhirContext(given).kind, 'fault'));

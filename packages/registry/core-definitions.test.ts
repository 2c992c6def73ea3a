/** HL7's own definitions, as the registry carries them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCoreDefinitions } from './core-definitions.ts';

const carried = createCoreDefinitions();

test('M01: HL7’s definitions are found by url, of their version alone', () => {
  const url = 'http://hl7.org/fhir/StructureDefinition/Patient';
  assert.equal(carried(url, 'StructureDefinition')?.version, '4.0.1');
  assert.equal(carried(url, 'StructureDefinition', '4.0.1')?.id, 'Patient');
  assert.equal(carried(url, 'StructureDefinition', '4.3.0'), undefined);
  assert.equal(carried(url, 'ValueSet'), undefined);
  assert.equal(carried('http://hl7.org/fhir/administrative-gender', 'CodeSystem')?.content, 'complete');
});

test('M13: no concepts of SNOMED CT, LOINC or CPT are carried', () => {
  for (const url of ['http://snomed.info/sct', 'http://loinc.org', 'http://www.ama-assn.org/go/cpt'])
    assert.equal(carried(url, 'CodeSystem'), undefined);
  // It lists concepts of SNOMED CT; the next one takes them by a filter, without naming any.
  assert.equal(carried('http://hl7.org/fhir/ValueSet/example-extensional', 'ValueSet'), undefined);
  assert.ok(carried('http://hl7.org/fhir/ValueSet/clinical-findings', 'ValueSet') !== undefined);
});

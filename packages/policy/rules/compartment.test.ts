import assert from 'node:assert/strict';
import { test } from 'node:test';
import compartment from '@affinity/core/fhir/definitions/patient-compartment.json' with { type: 'json' };
import { isResourceType } from '@affinity/core/fhir/resource-type.ts';
import { sharedTypes } from './compartment.ts';

test('no shared type is in the Patient compartment by the definition of HL7', () => {
  for (const type of sharedTypes) {
    assert.ok(isResourceType(type), type);
    assert.ok(!(type in compartment), type);
  }
});

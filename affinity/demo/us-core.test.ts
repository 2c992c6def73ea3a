/** What US Core 6.1.0 demands of each profile, against 100 synthetic patients: mandatory and must-support elements, required bindings. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { generatePopulation } from './population.ts';
import { demands } from './us-core-demands.ts';

const population = [...generatePopulation({ seed: 7, patients: 100, today: '2026-03-02' })];

/** The values at a path, through lists. */
function valuesAt(value: unknown, [first, ...rest]: readonly string[]): unknown[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return value.flatMap((each) => valuesAt(each, first === undefined ? [] : [first, ...rest]));
  if (first === undefined) return [value];
  return typeof value === 'object' ? valuesAt((value as Record<string, unknown>)[first], rest) : [];
}

const at = (resource: Resource, path: string): unknown[] => valuesAt(resource, path.split('.'));
const profileOf = ({ meta }: Resource): string => meta?.profile?.[0]?.split('/').at(-1) ?? '';

for (const [profile, { always, somewhere = [], codes = {} }] of Object.entries(demands))
  test(`${profile}: mandatory elements, must-support elements, bindings`, () => {
    const resources = population.filter((each) => profileOf(each) === profile);
    assert.ok(resources.length > 0, 'at least one resource of the profile');
    for (const path of always)
      for (const resource of resources) assert.ok(at(resource, path).length > 0, `${resource.id} has no ${path}`);
    for (const path of somewhere)
      assert.ok(
        resources.some((each) => at(each, path).length > 0),
        `no ${path} anywhere`,
      );
    for (const [path, allowed] of Object.entries(codes))
      for (const resource of resources)
        for (const code of at(resource, path))
          assert.ok(allowed.includes(String(code)), `${resource.id} ${path}: ${code}`);
  });

test('every resource has a profile that is tested here, except the kinds that US Core does not profile', () => {
  for (const resource of population)
    if (!['Consent', 'Endpoint', 'Questionnaire'].includes(resource.resourceType))
      assert.ok(demands[profileOf(resource)], `${resource.resourceType} ${resource.id}: ${profileOf(resource)}`);
});

test('a medicine is named by a concept or a reference, an NPI has ten digits and the right check digit', () => {
  for (const resource of population)
    if (/^Medication(Request|Dispense)$/.test(resource.resourceType))
      assert.equal(at(resource, 'medicationReference').length + at(resource, 'medicationCodeableConcept').length, 1);
  const numbers = population.flatMap((each) =>
    each.resourceType === 'Practitioner' ? at(each, 'identifier.value') : [],
  );
  assert.ok(numbers.length > 0);
  for (const number of numbers) {
    assert.match(String(number), /^\d{10}$/);
    const sum = [...`80840${number}`].reverse().reduce((total, digit, index) => {
      const doubled = Number(digit) * (index % 2 === 1 ? 2 : 1);
      return total + (doubled > 9 ? doubled - 9 : doubled);
    }, 0);
    assert.equal(sum % 10, 0, String(number));
  }
});

test('every patient says race, ethnicity and sex, and carries the normal label', () => {
  for (const patient of population.filter(({ resourceType }) => resourceType === 'Patient')) {
    const urls = at(patient, 'extension.url').map((url) => String(url).split('/').at(-1));
    for (const wanted of ['us-core-race', 'us-core-ethnicity', 'us-core-birthsex', 'us-core-sex'])
      assert.ok(urls.includes(wanted));
    assert.deepEqual(at(patient, 'meta.security.code'), ['N']);
  }
});

/** What is arbitrary is sound: the resources have no faults of shape, the Filters speak of what is there. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { evaluate } from '@affinity/policy/filter.ts';
import fc from 'fast-check';
import { factsOf } from '../fhir/resource-facts.ts';
import { checkShape } from '../fhir/resource-shape.ts';
import { arbitraryFilter, arbitraryResource, arbitraryTypes } from './arbitrary-resource.ts';

test('arbitrary resources are sound', () => {
  fc.assert(
    fc.property(arbitraryResource(), (resource) => assert.deepEqual(checkShape(resource), [])),
    { numRuns: 300 },
  );
});

test('every type comes, with owners and without, with high labels and low', () => {
  const facts = fc.sample(arbitraryResource(), { numRuns: 1000, seed: 7 }).map((resource) => factsOf(resource, []));
  assert.deepEqual([...new Set(facts.map(({ type }) => type))].sort(), [...arbitraryTypes].sort());
  assert.deepEqual([...new Set(facts.map(({ owners }) => owners.length))].sort(), [0, 1, 2]);
  assert.equal(new Set(facts.map(({ confidentiality }) => confidentiality)).size, 6);
});

test('arbitrary Filters let some through and hide some', () => {
  const facts = fc.sample(arbitraryResource(), { numRuns: 500, seed: 7 }).map((resource) => factsOf(resource, []));
  const filters = fc.sample(arbitraryFilter(), { numRuns: 500, seed: 7 });
  const passed = filters.filter((filter, i) =>
    evaluate(filter, facts[i] ?? factsOf({ resourceType: 'Basic' }, [])),
  ).length;
  assert.ok(passed > 50 && passed < 450, `${passed} of 500`);
});

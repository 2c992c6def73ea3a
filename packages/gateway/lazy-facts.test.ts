/** Facts that are found when they are looked at say the same as all of them found at once. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { factsOf } from '@affinity/core/fhir/resource-facts.ts';
import { standardParameters } from '@affinity/core/fhir/search-parameter.ts';
import { confidentialityWithin, labelsWithin } from '@affinity/core/fhir/security-label.ts';
import { arbitraryFilter, arbitraryResource } from '@affinity/core/testing/arbitrary-resource.ts';
import { evaluate } from '@affinity/policy/filter.ts';
import fc from 'fast-check';
import { lazyFacts, parametersOf } from './lazy-facts.ts';
import { looksOf } from './looks.ts';

test('E20: a Filter comes to the same by the few facts that it looks at as by all of them', () => {
  const others = { ownersOf: () => undefined, confidentialityOf: confidentialityWithin, labelsOf: labelsWithin };
  let through = 0;
  fc.assert(
    fc.property(arbitraryResource(), arbitraryFilter(), (resource, filter) => {
      const whole = evaluate(filter, factsOf(resource, []));
      const parameters = parametersOf(standardParameters, resource.resourceType, looksOf(filter));
      assert.equal(evaluate(filter, lazyFacts(resource, [], parameters, others)), whole);
      if (whole) through += 1;
    }),
    { numRuns: 3000 },
  );
  assert.ok(through > 300, `${through} of 3000 are let through`);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allOf, anyOf, everything, type Filter, nothing } from '@affinity/core/fhir/filter.ts';
import fc from 'fast-check';
import { evaluate } from './filter.ts';
import { arbitraryResource, factsOfWorld } from './testing/arbitrary-question.ts';

const facts = factsOfWorld({ type: 'Observation', owners: ['a'], categories: ['laboratory'], confidentiality: 'R' });
const system = 'http://terminology.hl7.org/CodeSystem/observation-category';

test('each leaf, met and not met', () => {
  const met: Filter[] = [
    everything,
    { kind: 'type', type: 'Observation' },
    { kind: 'instance', type: 'Observation', id: '1' },
    { kind: 'compartment', patient: 'a' },
    { kind: 'token', param: 'category', code: 'laboratory' },
    { kind: 'token', param: 'category', system },
    { kind: 'token', param: 'category', system, code: 'laboratory' },
    { kind: 'reference', param: 'subject', type: 'Patient', id: 'a' },
    { kind: 'label', system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: 'R' },
    { kind: 'confidentiality', atMost: 'R' },
    { kind: 'not', filter: nothing },
  ];
  const unmet: Filter[] = [
    nothing,
    { kind: 'type', type: 'Condition' },
    { kind: 'instance', type: 'Condition', id: '1' },
    { kind: 'instance', type: 'Observation', id: '2' },
    { kind: 'compartment', patient: 'b' },
    { kind: 'token', param: 'category' },
    { kind: 'token', param: 'code', code: 'laboratory' },
    { kind: 'token', param: 'category', system: '', code: 'laboratory' },
    { kind: 'token', param: 'category', system, code: 'Laboratory' },
    { kind: 'reference', param: 'performer', type: 'Patient', id: 'a' },
    { kind: 'reference', param: 'subject', type: 'Group', id: 'a' },
    { kind: 'label', system: 'x', code: 'R' },
    { kind: 'confidentiality', atMost: 'N' },
  ];
  for (const filter of met) assert.ok(evaluate(filter, facts), JSON.stringify(filter));
  for (const filter of unmet) assert.ok(!evaluate(filter, facts), JSON.stringify(filter));
});

const leaf: fc.Arbitrary<Filter> = fc.constantFrom<Filter>(
  everything,
  nothing,
  { kind: 'compartment', patient: 'a' },
  { kind: 'type', type: 'Observation' },
  { kind: 'token', param: 'category', code: 'laboratory' },
  { kind: 'confidentiality', atMost: 'N' },
);

test('allOf is every, anyOf is some, however they are nested', () => {
  fc.assert(
    fc.property(fc.array(leaf), fc.array(leaf), arbitraryResource, (one, other, resource) => {
      const given = factsOfWorld(resource);
      const all = one.every((filter) => evaluate(filter, given));
      const any = other.some((filter) => evaluate(filter, given));
      assert.equal(evaluate(allOf(one), given), all);
      assert.equal(evaluate(anyOf(other), given), any);
      assert.equal(evaluate(allOf([allOf(one), anyOf(other)]), given), all && any);
      assert.equal(evaluate(anyOf([allOf(one), anyOf(other)]), given), all || any);
    }),
  );
});

/** What a question is narrowed by never leaves out what the Filter lets through. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Filter, nothing } from '@affinity/core/fhir/filter.ts';
import { matches } from '@affinity/core/fhir/matches.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { factsOf } from '@affinity/core/fhir/resource-facts.ts';
import { standardParameters } from '@affinity/core/fhir/search-parameter.ts';
import { arbitraryFilter, arbitraryResource } from '@affinity/core/testing/arbitrary-resource.ts';
import { standardCapabilities } from '@affinity/core/testing/memory-capability.ts';
import { evaluate } from '@affinity/policy/filter.ts';
import fc from 'fast-check';
import { createNarrow } from './narrow.ts';

const capabilityOf = (type: string, without: readonly string[] = []) => {
  const found = standardCapabilities.find((one) => one.type === type);
  assert.ok(found !== undefined);
  return { ...found, searchParams: found.searchParams.filter(({ name }) => !without.includes(name)) };
};
const narrow = (type: string, filter: Filter, without: readonly string[] = []) =>
  createNarrow(capabilityOf(type, without), standardParameters)(filter);
const compartment = (patient: string): Filter => ({ kind: 'compartment', patient });
const text = (type: string, filter: Filter, without: readonly string[] = []) => {
  const narrowing = narrow(type, filter, without);
  return narrowing === undefined
    ? 'nothing'
    : narrowing.clauses
        .map(
          ({ param, values }) =>
            `${param}=${JSON.stringify(values.map((one) => ('id' in one ? one.id : 'code' in one ? one.code : one)))}`,
        )
        .join('&');
};

test('E44: every resource that the Filter lets through meets the clauses that it is narrowed by', () => {
  const owned = (type: string, element: string): fc.Arbitrary<Resource> =>
    fc.record({
      resourceType: fc.constant(type),
      id: fc.constant('r1'),
      [element]: fc.constant({ reference: 'Patient/a' }),
    }) as fc.Arbitrary<Resource>;
  const event: fc.Arbitrary<Resource> = fc.constant({
    resourceType: 'AuditEvent',
    id: 'r1',
    entity: [{ what: { reference: 'Patient/a' } }],
  });
  const resources = fc.oneof(
    { weight: 10, arbitrary: arbitraryResource() },
    { weight: 1, arbitrary: event },
    ...(
      [
        ['Device', 'patient'],
        ['Coverage', 'beneficiary'],
        ['Task', 'for'],
        ['EnrollmentRequest', 'candidate'],
        ['ResearchSubject', 'individual'],
        ['SupplyRequest', 'deliverTo'],
        ['AppointmentResponse', 'actor'],
        ['Basic', 'subject'],
      ] as const
    ).map(([type, element]) => ({ weight: 1, arbitrary: owned(type, element) })),
  );
  const filters = fc.oneof(arbitraryFilter(), fc.constantFrom(compartment('a'), compartment('b')));
  let narrowed = 0;
  fc.assert(
    fc.property(
      resources,
      filters,
      fc.subarray(['patient', 'subject', '_id', 'category', 'code']),
      (resource, filter, without) => {
        const facts = factsOf(resource, []);
        if (!evaluate(filter, facts)) return;
        const narrowing = narrow(facts.type, filter, without);
        assert.ok(narrowing !== undefined, 'something is let through');
        if (narrowing.clauses.length > 0) narrowed += 1;
        assert.ok(matches({ type: facts.type, clauses: narrowing.clauses }, facts, '2020-01-01T00:00:00.000Z'));
        for (const { param } of narrowing.clauses)
          assert.ok(!without.includes(param), 'only by what it can be asked by');
      },
    ),
    { numRuns: 5000 },
  );
  assert.ok(narrowed > 100, `${narrowed} of 5000 were narrowed`);
});

test('a compartment is asked by the parameter of the element that says whose record it is', () => {
  assert.equal(text('Observation', compartment('a')), 'patient=["a"]');
  assert.equal(text('Observation', compartment('a'), ['patient']), 'subject=["a"]');
  assert.equal(text('Observation', compartment('a'), ['patient', 'subject']), '');
  assert.equal(text('Patient', compartment('a')), '_id=["a"]');
  assert.equal(text('Coverage', compartment('a')), 'patient=["a"]');
  assert.equal(text('EnrollmentRequest', compartment('a')), 'patient=["a"]');
  assert.equal(text('Task', compartment('a')), 'patient=["a"]');
  assert.equal(text('AuditEvent', compartment('a')), 'patient=["a"]');
  assert.equal(text('Provenance', compartment('a')), '', 'in a record through others');
  for (const type of ['Practitioner', 'Appointment', 'Group'])
    assert.equal(text(type, compartment('a')), 'nothing', `${type} is nobody's record`);
});

test('alternatives are asked by what all of them are narrowed by; all together by what each is', () => {
  const both: Filter = { kind: 'or', filters: [compartment('a'), compartment('b'), nothing] };
  assert.equal(text('Observation', both), 'patient=["a","b"]');
  assert.equal(
    text('Observation', { kind: 'or', filters: [compartment('a'), { kind: 'confidentiality', atMost: 'N' }] }),
    '',
  );
  const category: Filter = { kind: 'token', param: 'category', code: 'laboratory' };
  assert.equal(
    text('Observation', { kind: 'and', filters: [compartment('a'), category] }),
    'patient=["a"]&category=["laboratory"]',
  );
  assert.equal(
    text('Observation', { kind: 'and', filters: [both, compartment('a')] }),
    'patient=["a"]',
    'the narrower',
  );
  assert.equal(text('Observation', { kind: 'not', filter: category }), '');
  assert.equal(text('Observation', { kind: 'instance', type: 'Observation', id: 'x' }), '_id=["x"]');
  assert.equal(text('Observation', { kind: 'instance', type: 'Patient', id: 'x' }), 'nothing');
  const many = Array.from({ length: 101 }, (_, i) => `p${i}`);
  assert.equal(text('Observation', { kind: 'compartments', patients: many.slice(0, 100) }).length > 100, true);
  assert.equal(text('Observation', { kind: 'compartments', patients: many }), '', 'a list too long to be asked by');
  assert.equal(text('Observation', { kind: 'compartments', patients: [] }), 'nothing');
});

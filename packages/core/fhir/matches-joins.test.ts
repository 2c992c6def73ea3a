import assert from 'node:assert/strict';
import { test } from 'node:test';
import { matchesJoins, type Others } from './matches-joins.ts';
import type { Resource } from './resource.ts';
import { factsOf } from './resource-facts.ts';
import { searchParametersOf } from './search-parameter.ts';
import { parseSearch } from './search-parse.ts';

const reference = (to: string) => ({ reference: to });
const resources: readonly Resource[] = [
  { resourceType: 'Organization', id: 'ward', name: 'Ward' },
  { resourceType: 'Patient', id: 'a', gender: 'female', managingOrganization: reference('Organization/ward') },
  { resourceType: 'Patient', id: 'b', gender: 'male' },
  { resourceType: 'Encounter', id: 'e', subject: reference('Patient/a') },
  {
    resourceType: 'Observation',
    id: 'one',
    status: 'final',
    subject: reference('Patient/a'),
    encounter: reference('Encounter/e'),
    performer: [reference('Patient/b'), reference('Practitioner/gone')],
  },
  { resourceType: 'Observation', id: 'two', status: 'amended', subject: reference('Patient/b') },
];
const all = resources.map((resource) => ({ facts: factsOf(resource, []), lastUpdated: '2026-01-02T03:04:05.678Z' }));
const othersBut = (...hidden: string[]): Others => {
  const seen = all.filter(({ facts }) => !hidden.includes(facts.type));
  return {
    of: (type) => seen.filter(({ facts }) => facts.type === type),
    find: (type, id) => seen.find(({ facts }) => facts.type === type && facts.id === id),
  };
};
const capabilityOf = (type: string) => ({
  searchParams: searchParametersOf(type).map(({ code, type: kind, definition }) => ({
    name: code,
    type: kind,
    definition,
  })),
  sort: [],
});
const found = (type: string, text: string, others = othersBut()): string => {
  const parsed = parseSearch(type, new URLSearchParams(text), {
    handling: 'strict',
    defaultCount: 20,
    maxCount: 100,
    maxValues: 10,
    maxClauses: 10,
    ownBases: [],
    capability: capabilityOf(type),
    capabilityOf,
    now: 0,
  });
  assert.ok(parsed.kind === 'query', JSON.stringify(parsed));
  return all
    .filter(({ facts }) => facts.type === type && matchesJoins(parsed.query, facts, others))
    .map(({ facts }) => facts.id)
    .join(' ');
};

test('a chain is met by any of the resources that the parameter points to', () => {
  assert.equal(found('Observation', 'subject:Patient.gender=female'), 'one');
  assert.equal(found('Observation', 'performer:Patient.gender=male'), 'one');
  assert.equal(found('Observation', 'subject.gender=female,male'), 'one two');
  assert.equal(found('Observation', 'subject.gender=female&performer.gender=male'), 'one');
  assert.equal(found('Observation', 'subject.gender=female&subject.gender=male'), '');
  assert.equal(found('Observation', 'subject:Patient.organization.name=ward'), 'one');
  assert.equal(found('Observation', 'subject:Patient.gender:not=female'), 'two');
  assert.equal(found('Observation', 'subject:Patient.organization:missing=true'), 'two');
});

test('_has is met by any resource that points here', () => {
  assert.equal(found('Patient', '_has:Observation:patient:status=final'), 'a');
  assert.equal(found('Patient', '_has:Observation:performer:status=final'), 'b');
  assert.equal(found('Patient', '_has:Encounter:patient:_has:Observation:encounter:status=final'), 'a');
  assert.equal(found('Patient', '_has:Observation:patient:encounter.patient.gender=female'), 'a');
  assert.equal(found('Patient', '_has:Observation:patient:status=cancelled'), '');
});

test('what may not be seen on the way is not there', () => {
  assert.equal(found('Observation', 'subject:Patient.organization.name=ward', othersBut('Organization')), '');
  assert.equal(found('Observation', 'subject:Patient.organization:missing=true', othersBut('Patient')), '');
  assert.equal(found('Patient', '_has:Observation:patient:status=final', othersBut('Observation')), '');
  assert.equal(
    found('Patient', '_has:Encounter:patient:_has:Observation:encounter:status=final', othersBut('Encounter')),
    '',
  );
});

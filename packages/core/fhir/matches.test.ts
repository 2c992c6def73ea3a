import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { dateRange } from './date-range.ts';
import { matches } from './matches.ts';
import type { Resource } from './resource.ts';
import { factsOf } from './resource-facts.ts';
import { searchParametersOf } from './search-parameter.ts';
import { parseSearch } from './search-parse.ts';

const finds = (text: string, resource: object, lastUpdated = '2026-01-02T03:04:05.678Z') => {
  const facts = factsOf({ id: 'x', ...resource } as Resource, []);
  const parsed = parseSearch(facts.type, new URLSearchParams(text), {
    handling: 'strict',
    defaultCount: 20,
    maxCount: 100,
    maxValues: 10,
    maxClauses: 10,
    ownBases: [],
    capability: {
      searchParams: searchParametersOf(facts.type).map(({ code, type, definition }) => ({
        name: code,
        type,
        definition,
      })),
      sort: [],
    },
    now: Date.parse('2026-01-01'),
  });
  assert.ok(parsed.kind === 'query', JSON.stringify(parsed));
  return matches(parsed.query, facts, lastUpdated);
};
const dated = (effectiveDateTime: string) => ({ resourceType: 'Observation', effectiveDateTime });

test('prefixes compare ranges (N15)', () => {
  const june = dated('2020-06-01T12:00:00Z');
  const year = dated('2020');
  const table: [string, boolean, boolean][] = [
    ['2020', true, true],
    ['2020-06', true, false],
    ['ne2020-06', false, true],
    ['gt2020-05', true, true],
    ['gt2020-06', false, true],
    ['gt2020', false, false],
    ['ge2020', true, true],
    ['lt2020-06', false, true],
    ['lt2020', false, false],
    ['le2020', true, true],
    ['le2020-06', true, true],
    ['sa2020-05', true, false],
    ['eb2020-07', true, false],
    ['sa2019', true, true],
    ['eb2021', true, true],
    ['2020-06-01T12:00:00Z', true, false],
    ['2020-06-01T14:00:00%2B02:00', true, false],
    ['2020-06-01T12:00:00%2B02:00', false, false],
    ['ap2020-08', true, true],
    ['ap2025-12', false, false],
  ];
  for (const [value, narrow, wide] of table) {
    assert.equal(finds(`date=${value}`, june), narrow, `june ${value}`);
    assert.equal(finds(`date=${value}`, year), wide, `year ${value}`);
  }
});

test('ge is gt or eq, le is lt or eq, ne is not eq, sa implies gt, eb implies lt', () => {
  const text = fc
    .date({ min: new Date('2019-12-01'), max: new Date('2020-03-01'), noInvalidDate: true })
    .chain((date) => fc.constantFrom(4, 7, 10).map((length) => date.toISOString().slice(0, length)));
  fc.assert(
    fc.property(text, text, (resource, value) => {
      const is = (prefix: string) => finds(`date=${prefix}${value}`, dated(resource));
      assert.equal(is('ge'), is('gt') || is('eq'));
      assert.equal(is('le'), is('lt') || is('eq'));
      assert.equal(is('ne'), !is('eq'));
      if (is('sa')) assert.ok(is('gt'));
      if (is('eb')) assert.ok(is('lt'));
      assert.ok(dateRange(resource));
    }),
  );
});

test('tokens are exact in system and code (K01)', () => {
  const patient = { resourceType: 'Patient', identifier: [{ system: 'http://s', value: '007' }, { value: '8' }] };
  for (const [value, found] of [
    ['http://s|007', true],
    ['007', true],
    ['http://s|', true],
    ['|8', true],
    ['8', true],
    ['|007', false],
    ['http://s|7', false],
    ['http://S|007', false],
    ['7', false],
    ['http://s|8', false],
  ] as const)
    assert.equal(finds(`identifier=${encodeURIComponent(value)}`, patient), found, value);
});

test('a logical and a literal reference are each found by their own form (K02)', () => {
  const logical = { resourceType: 'Observation', subject: { identifier: { system: 's', value: 'v' } } };
  const literal = { resourceType: 'Observation', subject: { reference: 'Patient/v' } };
  assert.ok(finds('subject:identifier=s%7Cv', logical));
  assert.ok(!finds('subject:identifier=s%7Cv', literal));
  assert.ok(finds('subject=v', literal));
  assert.ok(!finds('subject=v', logical));
  assert.ok(finds('subject:Patient=v', literal) && !finds('subject:Group=v', literal));
});

test('not and missing speak of all values', () => {
  const both = { resourceType: 'Observation', category: [{ coding: [{ code: 'a' }, { code: 'b' }] }] };
  const none = { resourceType: 'Observation' };
  assert.ok(!finds('category:not=a', both) && !finds('category:not=a,c', both) && finds('category:not=c', both));
  assert.ok(finds('category:not=a', none));
  assert.ok(finds('category:missing=false', both) && !finds('category:missing=true', both));
  assert.ok(finds('category:missing=true', none) && !finds('category:missing=false', none));
  assert.ok(finds('subject:missing=false', { resourceType: 'Observation', subject: { identifier: { value: '1' } } }));
});

test('strings: start, anywhere, exactly', () => {
  const patient = { resourceType: 'Patient', name: [{ family: 'Núñez', given: ['José María'] }] };
  assert.ok(finds('family=nun', patient) && finds('family=NÚÑ', patient) && !finds('family=ez', patient));
  assert.ok(finds('name:contains=MARIA', patient) && !finds('name:contains=nunezjose', patient));
  assert.ok(finds('family:exact=N%C3%BA%C3%B1ez', patient) && !finds('family:exact=Nunez', patient));
});

test('clauses are conjoined, values are alternatives, the type must be the same', () => {
  const resource = {
    resourceType: 'Observation',
    status: 'final',
    category: [{ coding: [{ code: 'a' }, { code: 'b' }] }],
  };
  assert.ok(finds('category=a&category=b&status=final', resource));
  assert.ok(!finds('category=a&category=c', resource));
  assert.ok(finds('category=c,a', resource));
  assert.ok(finds('_id=x,y', resource) && !finds('_id=y', resource));
  assert.ok(finds('_lastUpdated=2026-01-02', resource) && !finds('_lastUpdated=lt2026', resource));
});

test('a profile is found by its URL, with its version and without', () => {
  const resource = { resourceType: 'Patient', meta: { profile: ['http://p.example/x|6.1.0'] } };
  assert.ok(finds('_profile=http://p.example/x', resource) && finds('_profile=http://p.example/x%7C6.1.0', resource));
  assert.ok(!finds('_profile=http://p.example/x%7C7', resource) && !finds('_profile=http://p.example', resource));
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { dateRange } from './date-range.ts';
import { matches } from './matches.ts';
import type { Resource } from './resource.ts';
import { factsOf } from './resource-facts.ts';
import { searchParametersOf } from './search-parameter.ts';
import { parseSearch } from './search-parse.ts';
import type { Canonical } from './value-match.ts';

const finds = (text: string, resource: object, lastUpdated = '2026-01-02T03:04:05.678Z', canonical?: Canonical) => {
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
  return matches(parsed.query, facts, lastUpdated, canonical);
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

const risk = (probabilityDecimal: number) => ({ resourceType: 'RiskAssessment', prediction: [{ probabilityDecimal }] });

test('numbers: within the range of the precision given, beyond the value given (N15)', () => {
  const table: [string, number[], number[]][] = [
    ['0.8', [0.8, 0.75, 0.849], [0.85, 0.7499]],
    ['0.80', [0.8, 0.795], [0.85, 0.75]],
    ['8e-1', [0.8, 0.75], [0.85]],
    ['ne0.8', [0.85, 0.7], [0.8, 0.75]],
    ['gt0.8', [0.81, 0.8001], [0.8, 0.75]],
    ['lt0.8', [0.79], [0.8, 0.81]],
    ['ge0.8', [0.8, 0.81], [0.79]],
    ['le0.8', [0.8, 0.79], [0.81]],
    ['sa0.8', [0.81], [0.8, 0.79]],
    ['eb0.8', [0.79], [0.8, 0.81]],
    ['ap100', [90, 110, 100, 110.4], [89, 111]],
  ];
  for (const [value, found, not] of table) {
    for (const one of found) assert.ok(finds(`probability=${value}`, risk(one)), `${value} finds ${one}`);
    for (const one of not) assert.ok(!finds(`probability=${value}`, risk(one)), `${value} does not find ${one}`);
  }
});

test('quantities: the number, and the unit by system and code or as printed (N15)', () => {
  const ucum = 'http://unitsofmeasure.org';
  const measured = (valueQuantity: object) => ({
    resourceType: 'Observation',
    status: 'final',
    code: {},
    valueQuantity,
  });
  const grams = measured({ value: 5.4, unit: 'gram', system: ucum, code: 'g' });
  const table: [string, boolean][] = [
    ['5.4', true],
    ['5', true],
    ['5.5', false],
    [`5.4|${ucum}|g`, true],
    [`5.4|${ucum}|`, true],
    [`5.4|${ucum}|mg`, false],
    ['5.4|http://other.example|g', false],
    ['5.4||g', true],
    ['5.4||gram', true],
    ['5.4||mg', false],
    [`gt5|${ucum}|g`, true],
    [`5400|${ucum}|mg`, false],
  ];
  for (const [value, found] of table)
    assert.equal(finds(`value-quantity=${encodeURIComponent(value)}`, grams), found, value);
  assert.ok(finds('value-quantity=5.4||puffs', measured({ value: 5.4, unit: 'puffs' })));
  assert.ok(!finds('value-quantity=5.4', measured({ unit: 'puffs' })));
  const canonical: Canonical = (one) => {
    const scale = one.code === 'g' ? 1 : one.code === 'mg' ? 0.001 : undefined;
    if (one.system !== ucum || scale === undefined) return undefined;
    return { ...one, code: 'g', value: one.value * scale, low: one.low * scale, high: one.high * scale };
  };
  const converted = (value: string) =>
    finds(`value-quantity=${encodeURIComponent(value)}`, grams, undefined, canonical);
  assert.ok(converted(`5400|${ucum}|mg`) && converted(`ge5000|${ucum}|mg`) && !converted(`5300|${ucum}|mg`));
  assert.ok(!converted(`5.4|${ucum}|mm[Hg]`) && !converted('5400||mg'));
});

test('URIs: the same, what leads on from it, what leads to it (N15, N16)', () => {
  const from = (source: string) => ({ resourceType: 'Patient', meta: { source } });
  const x = from('http://a.example/x/y');
  assert.ok(finds('_source=http://a.example/x/y', x));
  for (const other of ['http://a.example/x', 'http://a.example/X/y', 'http://a.example/x/y/'])
    assert.ok(!finds(`_source=${other}`, x), other);
  for (const above of ['http://a.example/x/y', 'http://a.example/x', 'http://a.example/x/', 'http://a.example'])
    assert.ok(finds(`_source:below=${above}`, x), above);
  for (const beside of ['http://a.example/x/y/z', 'http://a.example/x/y1', 'http://a.exam', 'http://a.example/x/y/'])
    assert.ok(!finds(`_source:below=${beside}`, x), beside);
  assert.ok(finds('_source:above=http://a.example/x/y/z', x) && !finds('_source:above=http://a.example/x/yz', x));
});

test('near is along the great circle, over the date line and near the poles too (N15)', () => {
  const at = (latitude: number, longitude: number) => ({ resourceType: 'Location', position: { latitude, longitude } });
  const geneva = at(46.2044, 6.1432);
  assert.ok(finds('near=47.3769%7C8.5417%7C225%7Ckm', geneva) && !finds('near=47.3769%7C8.5417%7C223%7Ckm', geneva));
  assert.ok(finds('near=0%7C179.9%7C30', at(0, -179.9)) && !finds('near=0%7C179.9%7C20', at(0, -179.9)));
  assert.ok(finds('near=89.9%7C0%7C30', at(89.9, 180)) && !finds('near=89.9%7C0%7C20', at(89.9, 180)));
  assert.ok(finds('near=0%7C0%7C0', at(0, 0)) && finds('near=0%7C0%7C99999', at(0, 180)));
  assert.ok(!finds('near=0%7C0%7C10', { resourceType: 'Location' }));
});

test('the parts of a composite are met by one and the same element (N15)', () => {
  const component = (code: string, value: number) => ({ code: { coding: [{ code }] }, valueQuantity: { value } });
  const pressure = {
    resourceType: 'Observation',
    code: { coding: [{ code: 'bp' }] },
    component: [component('systolic', 120), component('diastolic', 80)],
  };
  assert.ok(finds('component-code-value-quantity=systolic$gt100', pressure));
  assert.ok(!finds('component-code-value-quantity=diastolic$gt100', pressure));
  assert.ok(finds('component-code-value-quantity=diastolic$gt100,diastolic$80', pressure));
  assert.ok(
    !finds('code-value-quantity=bp$120', pressure) && finds('combo-code-value-quantity=systolic$120', pressure),
  );
});

test('tokens in words, and identifiers by their type (N16)', () => {
  const coded = {
    resourceType: 'Observation',
    code: { text: 'Blood pressure', coding: [{ code: '85354-9', display: 'Panel of pressures' }] },
  };
  assert.ok(finds('code:text=BLOOD', coded) && finds('code:text=panel', coded));
  assert.ok(!finds('code:text=pressure', coded) && !finds('code:text=85354', coded));
  const coding = [{ system: 'http://t', code: 'MR' }];
  const patient = { resourceType: 'Patient', identifier: [{ type: { coding }, value: '12345' }, { value: '9' }] };
  assert.ok(finds('identifier:of-type=http://t%7CMR%7C12345', patient));
  for (const other of ['http://t%7CMR%7C9', 'http://t%7CSS%7C12345', 'http://u%7CMR%7C12345'])
    assert.ok(!finds(`identifier:of-type=${other}`, patient), other);
});

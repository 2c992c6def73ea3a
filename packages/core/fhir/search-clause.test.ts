import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseClause } from './search-clause.ts';
import { isFault } from './search-fault.ts';
import { searchParametersOf } from './search-parameter.ts';
import type { SearchReading } from './search-settings.ts';

const settings: SearchReading = {
  handling: 'lenient',
  defaultCount: 20,
  maxCount: 100,
  maxValues: 3,
  maxClauses: 4,
  ownBases: ['http://localhost:4000/fhir'],
  now: Date.parse('2026-01-01'),
};
const parse = (name: string, text: string, type = 'Observation', more: Partial<SearchReading> = {}) => {
  const searchParams = searchParametersOf(type).map(({ code, type, definition }) => ({ name: code, type, definition }));
  return parseClause(type, name, text, { searchParams, sort: [] }, { ...settings, ...more });
};
const clause = (name: string, text: string, type?: string, more?: Partial<SearchReading>) => {
  const parsed = parse(name, text, type, more);
  assert.ok(parsed !== undefined && !isFault(parsed), `${name}=${text}: ${JSON.stringify(parsed)}`);
  return parsed;
};
const values = (name: string, text: string, type?: string) => clause(name, text, type).values;
const refused = (name: string, text: string, type?: string, more?: Partial<SearchReading>) => {
  const parsed = parse(name, text, type, more);
  assert.ok(parsed !== undefined && isFault(parsed), `${name}=${text} was understood`);
  return parsed.code;
};

test('tokens have four forms (K01)', () => {
  assert.deepEqual(values('code', 's|c'), [{ kind: 'token', system: 's', code: 'c' }]);
  assert.deepEqual(values('code', '|c'), [{ kind: 'token', system: '', code: 'c' }]);
  assert.deepEqual(values('code', 's|'), [{ kind: 'token', system: 's' }]);
  assert.deepEqual(values('code', '00C'), [{ kind: 'token', code: '00C' }]);
  for (const wrong of ['', '|', 'a|b|c', 'a,', ',a', 'a,,b']) assert.equal(refused('code', wrong), 'invalid', wrong);
});

test('escapes (N16)', () => {
  assert.deepEqual(values('code', 'a\\,b,c\\|d\\$\\\\e'), [
    { kind: 'token', code: 'a,b' },
    { kind: 'token', code: 'c|d$\\e' },
  ]);
  assert.deepEqual(values('code', 'a\\\\,b'), [
    { kind: 'token', code: 'a\\' },
    { kind: 'token', code: 'b' },
  ]);
  assert.deepEqual(values('family', 'O\\,x\\y', 'Patient'), [{ kind: 'string', text: 'O,x\\y' }]);
  assert.deepEqual(values('code-value-string', 'a\\$b|c\\|d$e\\$f'), [
    {
      kind: 'composite',
      parts: [
        { kind: 'token', system: 'a$b', code: 'c|d' },
        { kind: 'string', text: 'e$f' },
      ],
    },
  ]);
});

test('tokens in words, by the type of an identifier, and otherwise (N16)', () => {
  assert.deepEqual(clause('code:text', 'head'), {
    param: 'code',
    modifier: 'text',
    values: [{ kind: 'string', text: 'head' }],
  });
  assert.deepEqual(values('identifier:of-type', 'http://t|MR|12\\|34', 'Patient'), [
    { kind: 'of-type', system: 'http://t', code: 'MR', value: '12|34' },
  ]);
  for (const wrong of ['http://t|MR', 'MR|1', '|MR|1', 'http://t|MR|', 'a|b|c|d'])
    assert.equal(refused('identifier:of-type', wrong, 'Patient'), 'invalid', wrong);
  assert.equal(refused('code:of-type', 'a|b|c'), 'not-supported');
  assert.equal(refused('status:text', 'final'), 'not-supported');
});

test('references: bare, typed, absolute, foreign', () => {
  assert.deepEqual(values('patient', '1'), [{ kind: 'reference', type: 'Patient', id: '1' }]);
  assert.deepEqual(values('subject', '1'), [{ kind: 'reference', id: '1' }]);
  for (const same of ['Patient/1', 'http://localhost:4000/fhir/Patient/1', 'Patient/1/'])
    assert.deepEqual(values('subject', same), [{ kind: 'reference', type: 'Patient', id: '1' }], same);
  assert.deepEqual(values('subject:Patient', '1'), [{ kind: 'reference', type: 'Patient', id: '1' }]);
  assert.deepEqual(values('subject:Patient', 'Patient/1'), [{ kind: 'reference', type: 'Patient', id: '1' }]);
  for (const url of ['https://other.example/Patient/1', 'urn:uuid:1'])
    assert.deepEqual(values('subject', url), [{ kind: 'url', url }]);
  for (const wrong of ['patient/1', 'Patient/1/x', '#a', 'a b', ''])
    assert.equal(refused('subject', wrong), 'invalid', wrong);
  assert.equal(refused('subject:Patient', 'Group/1'), 'invalid');
  assert.equal(refused('subject:Practitioner', '1'), 'not-supported');
});

test('subject:identifier asks for the logical reference (K02)', () => {
  assert.deepEqual(clause('subject:identifier', 's|v'), {
    param: 'subject',
    modifier: 'identifier',
    values: [{ kind: 'token', system: 's', code: 'v' }],
  });
});

test('dates have prefixes and ranges (N15)', () => {
  const day = { start: Date.parse('2020-06-01'), end: Date.parse('2020-06-02') };
  assert.deepEqual(values('date', '2020-06-01'), [{ kind: 'date', prefix: 'eq', ...day }]);
  for (const prefix of ['eq', 'ne', 'gt', 'lt', 'ge', 'le', 'sa', 'eb'])
    assert.deepEqual(values('date', `${prefix}2020-06-01`), [{ kind: 'date', prefix, ...day }]);
  const start = Date.parse('2020-05-31T22:00:00Z');
  for (const zoned of ['ge2020-06-01T00:00:00+02:00', 'ge2020-06-01T00:00:00 02:00'])
    assert.deepEqual(values('date', zoned), [{ kind: 'date', prefix: 'ge', start, end: start + 1000 }]);
  const near = { start: Date.parse('2025-12-21'), end: Date.parse('2025-12-24') };
  assert.deepEqual(values('date', 'ap2025-12-22'), [{ kind: 'date', prefix: 'ap', ...near }]);
  for (const wrong of ['', 'ge', 'xx2020', '2020-13', 'ge 2020', '2020-06-01T10', 'GE2020'])
    assert.equal(refused('date', wrong), 'invalid', wrong);
});

test('numbers have prefixes and ranges by their precision; ap is a tenth (N15)', () => {
  const of = (text: string) => values('probability', text, 'RiskAssessment');
  assert.deepEqual(of('0.8'), [{ kind: 'number', prefix: 'eq', value: 0.8, low: 0.75, high: 0.85 }]);
  for (const prefix of ['eq', 'ne', 'gt', 'lt', 'ge', 'le', 'sa', 'eb'])
    assert.deepEqual(of(`${prefix}100`), [{ kind: 'number', prefix, value: 100, low: 99.5, high: 100.5 }]);
  assert.deepEqual(of('ap100'), [{ kind: 'number', prefix: 'ap', value: 100, low: 89.5, high: 110.5 }]);
  assert.deepEqual(of('ap-100'), [{ kind: 'number', prefix: 'ap', value: -100, low: -110.5, high: -89.5 }]);
  for (const wrong of ['', 'x', 'gt', '1|s|c', '1,', '0x1', '1e999', 'Infinity', 'NaN', ' 1'])
    assert.equal(refused('probability', wrong, 'RiskAssessment'), 'invalid', wrong);
});

test('quantities are numbers with a unit (N15)', () => {
  const of = (text: string) => values('value-quantity', text);
  const number = { kind: 'quantity', prefix: 'eq', value: 5.4, low: 5.35, high: 5.45 };
  assert.deepEqual(of('5.4'), [number]);
  assert.deepEqual(of('5.4|http://unitsofmeasure.org|mg'), [
    { ...number, system: 'http://unitsofmeasure.org', code: 'mg' },
  ]);
  assert.deepEqual(of('5.4||mg'), [{ ...number, code: 'mg' }]);
  assert.deepEqual(of('5.4||'), [number]);
  assert.deepEqual(of('5.4|http://unitsofmeasure.org|'), [{ ...number, system: 'http://unitsofmeasure.org' }]);
  assert.deepEqual(of('le5.4||a\\|b'), [{ ...number, prefix: 'le', code: 'a|b' }]);
  for (const wrong of ['', '|s|c', '5.4|mg', '5.4|a|b|c', 'mg', '5.4mg', '5,4|a'])
    assert.equal(refused('value-quantity', wrong), 'invalid', wrong);
});

test('uris, above and below (N15, N16)', () => {
  const of = (name: string) => clause(name, 'http://a.example/x\\,y', 'ValueSet');
  const uri = { kind: 'uri', uri: 'http://a.example/x,y' };
  assert.deepEqual(of('url'), { param: 'url', values: [uri] });
  for (const modifier of ['above', 'below'])
    assert.deepEqual(of(`url:${modifier}`), { param: 'url', modifier, values: [uri] });
  assert.equal(refused('url', '', 'ValueSet'), 'invalid');
  assert.equal(refused('url:exact', 'a', 'ValueSet'), 'not-supported');
});

test('a composite has a value for each component (N15)', () => {
  assert.deepEqual(values('code-value-quantity', 'http://loinc.org|1-8$gt5.4||mg,x$1'), [
    {
      kind: 'composite',
      parts: [
        { kind: 'token', system: 'http://loinc.org', code: '1-8' },
        { kind: 'quantity', prefix: 'gt', value: 5.4, low: 5.35, high: 5.45, code: 'mg' },
      ],
    },
    {
      kind: 'composite',
      parts: [
        { kind: 'token', code: 'x' },
        { kind: 'quantity', prefix: 'eq', value: 1, low: 0.5, high: 1.5 },
      ],
    },
  ]);
  for (const wrong of ['', 'x', 'x$', '$1', 'x$1$2', 'x$y', 'x\\$1'])
    assert.equal(refused('code-value-quantity', wrong), 'invalid', wrong);
  assert.equal(refused('code-value-quantity:not', 'x$1'), 'not-supported');
  assert.equal(clause('code-value-quantity:missing', 'true').values.length, 1);
});

test('near: a place, a distance and its unit (N15)', () => {
  const of = (text: string) => values('near', text, 'Location');
  const place = { kind: 'near', latitude: 46.2, longitude: -7.5 };
  assert.deepEqual(of('46.2|-7.5|12|km'), [{ ...place, distance: 12_000 }]);
  assert.deepEqual(of('46.2|-7.5|12'), [{ ...place, distance: 12_000 }]);
  assert.deepEqual(of('46.2|-7.5|12.5|m'), [{ ...place, distance: 12.5 }]);
  assert.deepEqual(of('46.2|-7.5'), [{ ...place, distance: 50_000 }]);
  assert.deepEqual(of('46.2|-7.5|9e9'), [{ ...place, distance: 20_038_000 }]);
  for (const wrong of ['', '46.2', '|7', '91|0', '0|181', '0|0|-1', '0|0|1|parsec', '0|0|1|km|x', '0|0|1|constructor'])
    assert.equal(refused('near', wrong, 'Location'), 'invalid', wrong);
});

test('strings: what folds to nothing finds nothing, and contains needs some characters (Q27)', () => {
  for (const empty of ['', ' ', '\u0301']) assert.equal(refused('family', empty, 'Patient'), 'invalid');
  assert.equal(clause('family:contains', 'Łi', 'Patient').modifier, 'contains');
  assert.equal(refused('family:contains', 'x', 'Patient'), 'too-costly');
  assert.equal(refused('family:contains', 'abc,x', 'Patient'), 'too-costly');
  assert.equal(clause('family:contains', 'x', 'Patient', { minContains: 1 }).modifier, 'contains');
  assert.equal(refused('family:contains', 'xy', 'Patient', { minContains: 3 }), 'too-costly');
  assert.equal(clause('family:exact', 'x', 'Patient').modifier, 'exact');
});

test('a modifier that is not understood is refused (N16)', () => {
  for (const name of [
    'code:in',
    'code:not-in',
    'code:above',
    'code:below',
    'code:of-type',
    'code:exact',
    'code:',
    'date:missing:not',
    'date:exact',
    'subject:contains',
    'subject:Nonsense',
    'subject:text',
    'value-quantity:not',
    '_id:not',
    '_id:missing',
    '_lastUpdated:missing',
    'code:__proto__',
  ])
    assert.equal(refused(name, 'a'), 'not-supported', name);
  for (const name of ['family:exact', 'family:contains']) assert.equal(clause(name, 'abc', 'Patient').values.length, 1);
});

test('missing takes true or false, of every type of parameter (N16)', () => {
  assert.deepEqual(values('code:missing', 'true'), [{ kind: 'missing', missing: true }]);
  for (const name of ['subject', 'date', 'value-string', 'value-quantity', '_tag'])
    assert.deepEqual(values(`${name}:missing`, 'false'), [{ kind: 'missing', missing: false }]);
  assert.equal(refused('code:missing', 'yes'), 'invalid');
  assert.equal(refused('code:missing', 'true,false'), 'invalid');
});

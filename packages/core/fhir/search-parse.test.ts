import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { resourceTypes } from './resource-type.ts';
import { searchParametersOf } from './search-parameter.ts';
import { parseSearch, type SearchSettings } from './search-parse.ts';

const settings = (type: string, more: Partial<SearchSettings> = {}): SearchSettings => ({
  handling: 'lenient',
  defaultCount: 20,
  maxCount: 100,
  maxValues: 3,
  maxClauses: 4,
  ownBases: ['http://localhost:4000/fhir'],
  capability: {
    searchParams: searchParametersOf(type).map(({ code, type, definition }) => ({ name: code, type, definition })),
    sort: ['_lastUpdated', 'date'],
  },
  now: Date.parse('2026-01-01'),
  ...more,
});
const parse = (text: string, more: Partial<SearchSettings> = {}, type = 'Observation') =>
  parseSearch(type, new URLSearchParams(text), settings(type, more));
const query = (text: string, more: Partial<SearchSettings> = {}, type = 'Observation') => {
  const parsed = parse(text, more, type);
  assert.ok(parsed.kind === 'query', `${text}: ${JSON.stringify(parsed)}`);
  return parsed.query;
};
const values = (text: string, type = 'Observation') => query(text, {}, type).clauses.flatMap((clause) => clause.values);
const refused = (text: string, more: Partial<SearchSettings> = {}, type = 'Observation') => {
  const parsed = parse(text, more, type);
  assert.ok(parsed.kind === 'fault', `${text} was understood`);
  assert.equal(parsed.status, 400);
  return parsed.code;
};
const e = encodeURIComponent;

test('tokens have four forms (K01)', () => {
  assert.deepEqual(values(`code=${e('s|c')}`), [{ kind: 'token', system: 's', code: 'c' }]);
  assert.deepEqual(values(`code=${e('|c')}`), [{ kind: 'token', system: '', code: 'c' }]);
  assert.deepEqual(values(`code=${e('s|')}`), [{ kind: 'token', system: 's' }]);
  assert.deepEqual(values('code=00C'), [{ kind: 'token', code: '00C' }]);
  for (const wrong of ['', '|', 'a|b|c', 'a,', ',a', 'a,,b'])
    assert.equal(refused(`code=${e(wrong)}`), 'invalid', wrong);
});

test('escapes (N16)', () => {
  assert.deepEqual(values(`code=${e('a\\,b,c\\|d\\$\\\\e')}`), [
    { kind: 'token', code: 'a,b' },
    { kind: 'token', code: 'c|d$\\e' },
  ]);
  assert.deepEqual(values(`code=${e('a\\\\,b')}`), [
    { kind: 'token', code: 'a\\' },
    { kind: 'token', code: 'b' },
  ]);
  assert.deepEqual(values(`family=${e('O\\,x\\y')}`, 'Patient'), [{ kind: 'string', text: 'O,x\\y' }]);
});

test('commas are alternatives, repetition is conjunction (N16)', () => {
  const { clauses } = query('code=a,b&code=c');
  assert.deepEqual(
    clauses.map((clause) => clause.values.length),
    [2, 1],
  );
});

test('references: bare, typed, absolute, foreign', () => {
  assert.deepEqual(values('patient=1'), [{ kind: 'reference', type: 'Patient', id: '1' }]);
  assert.deepEqual(values('subject=1'), [{ kind: 'reference', id: '1' }]);
  for (const same of ['Patient/1', 'http://localhost:4000/fhir/Patient/1', 'Patient/1/'])
    assert.deepEqual(values(`subject=${e(same)}`), [{ kind: 'reference', type: 'Patient', id: '1' }], same);
  assert.deepEqual(values('subject:Patient=1'), [{ kind: 'reference', type: 'Patient', id: '1' }]);
  assert.deepEqual(values('subject:Patient=Patient/1'), [{ kind: 'reference', type: 'Patient', id: '1' }]);
  assert.deepEqual(values(`subject=${e('https://other.example/Patient/1')}`), [
    { kind: 'url', url: 'https://other.example/Patient/1' },
  ]);
  assert.deepEqual(values(`subject=${e('urn:uuid:1')}`), [{ kind: 'url', url: 'urn:uuid:1' }]);
  for (const wrong of ['patient/1', 'Patient/1/x', '#a', 'a b', ''])
    assert.equal(refused(`subject=${e(wrong)}`), 'invalid', wrong);
  assert.equal(refused('subject:Patient=Group/1'), 'invalid');
  assert.equal(refused('subject:Practitioner=1'), 'not-supported');
});

test('subject:identifier is a search of its own; subject.identifier is a chain (K02)', () => {
  assert.deepEqual(query(`subject:identifier=${e('s|v')}`).clauses, [
    { param: 'subject', modifier: 'identifier', values: [{ kind: 'token', system: 's', code: 'v' }] },
  ]);
  for (const chain of ['subject.identifier', 'patient.identifier', 'subject:Patient.identifier', 'patient.name'])
    assert.equal(refused(`${chain}=x`), 'not-supported', chain);
});

test('dates have prefixes and ranges (N15)', () => {
  const day = { start: Date.parse('2020-06-01'), end: Date.parse('2020-06-02') };
  assert.deepEqual(values('date=2020-06-01'), [{ kind: 'date', prefix: 'eq', ...day }]);
  for (const prefix of ['eq', 'ne', 'gt', 'lt', 'ge', 'le', 'sa', 'eb'])
    assert.deepEqual(values(`date=${prefix}2020-06-01`), [{ kind: 'date', prefix, ...day }]);
  const zoned = {
    kind: 'date',
    prefix: 'ge',
    start: Date.parse('2020-05-31T22:00:00Z'),
    end: Date.parse('2020-05-31T22:00:01Z'),
  };
  assert.deepEqual(values(`date=${e('ge2020-06-01T00:00:00+02:00')}`), [zoned]);
  assert.deepEqual(values('date=ge2020-06-01T00:00:00+02:00'), [zoned]);
  const near = values('date=ap2025-12-22')[0];
  assert.deepEqual(near, {
    kind: 'date',
    prefix: 'ap',
    start: Date.parse('2025-12-21'),
    end: Date.parse('2025-12-24'),
  });
  for (const wrong of ['', 'ge', 'xx2020', '2020-13', 'ge 2020', '2020-06-01T10', 'GE2020'])
    assert.equal(refused(`date=${e(wrong)}`), 'invalid', wrong);
});

test('a modifier that is not understood is refused in any handling (N16)', () => {
  for (const handling of ['lenient', 'strict'] as const)
    for (const name of [
      'code:text',
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
      '_id:not',
      '_id:missing',
      '_lastUpdated:missing',
      'code:__proto__',
    ])
      assert.equal(refused(`${name}=a`, { handling }), 'not-supported', name);
  for (const name of ['family:exact', 'family:contains'])
    assert.equal(query(`${name}=a`, {}, 'Patient').clauses.length, 1);
});

test('missing takes true or false', () => {
  assert.deepEqual(values('code:missing=true'), [{ kind: 'missing', missing: true }]);
  assert.deepEqual(values('subject:missing=false'), [{ kind: 'missing', missing: false }]);
  assert.equal(refused('code:missing=yes'), 'invalid');
  assert.equal(refused('code:missing=true,false'), 'invalid');
});

test('an unknown parameter is left out when lenient, refused when strict (N17)', () => {
  const parsed = parse('nonsense=1&code=a&_elements=id&__proto__=x&constructor=y');
  assert.ok(parsed.kind === 'query');
  assert.deepEqual(parsed.ignored, ['nonsense', '_elements', '__proto__', 'constructor']);
  assert.deepEqual(parsed.query.understood, [['code', 'a']]);
  assert.equal(refused('nonsense=1&code=a', { handling: 'strict' }), 'not-supported');
});

test('what a backend cannot search by is not known', () => {
  const parsed = parse('code=a', { capability: { searchParams: [], sort: [] } });
  assert.ok(parsed.kind === 'query');
  assert.deepEqual(parsed.ignored, ['code']);
});

test('what would narrow or widen the result is never dropped', () => {
  for (const handling of ['lenient', 'strict'] as const) {
    for (const name of [
      '_has:Provenance:target:agent',
      '_include',
      '_include:iterate',
      '_revinclude',
      '_filter',
      '_text',
      '_content',
      '_list',
    ])
      assert.equal(refused(`${name}=a`, { handling }), 'not-supported', name);
    for (const name of ['value-quantity', 'code-value-quantity', 'combo-value-quantity'])
      assert.equal(refused(`${name}=5`, { handling }), 'not-supported', name);
  }
});

test('count: default, given, clamped, zero, once', () => {
  assert.equal(query('').count, 20);
  assert.equal(query('_count=0').count, 0);
  assert.equal(query('_count=100').count, 100);
  assert.equal(query('_count=101').count, 100);
  assert.deepEqual(query('_count=101').understood, [['_count', '100']]);
  assert.equal(query('_summary=count&_count=5').count, 0);
  assert.equal(query('', { defaultCount: 500 }).count, 100);
  for (const wrong of ['-1', '1.5', '', 'x', '1e3', '9'.repeat(10)])
    assert.equal(refused(`_count=${wrong}`), 'invalid', wrong);
  for (const twice of ['_count=1&_count=1', '_sort=date&_sort=date', '_total=none&_total=none', '_cursor=a&_cursor=a'])
    assert.equal(refused(twice), 'invalid', twice);
});

test('sort, total and cursor', () => {
  assert.deepEqual(query('_sort=-date,_lastUpdated').sort, [
    { param: 'date', descending: true },
    { param: '_lastUpdated', descending: false },
  ]);
  assert.equal(refused('_sort=code'), 'not-supported');
  assert.equal(refused('_sort=date,-date'), 'invalid');
  assert.equal(query('').total, 'none');
  assert.equal(query('_total=accurate').total, 'accurate');
  assert.equal(refused('_total=yes'), 'invalid');
  assert.equal(query('_cursor=abc').cursor, 'abc');
  assert.deepEqual(query('_format=json&_pretty=true').understood, [
    ['_format', 'json'],
    ['_pretty', 'true'],
  ]);
});

test('values and clauses are limited, at the limit and past it (Q27)', () => {
  assert.equal(values('code=a,b,c').length, 3);
  assert.equal(refused('code=a,b,c,d'), 'too-costly');
  assert.equal(query('code=a&code=b&code=c&code=d').clauses.length, 4);
  assert.equal(refused('code=a&code=b&code=c&code=d&code=e'), 'too-costly');
});

test('ids and instants of every type', () => {
  for (const type of resourceTypes) {
    assert.deepEqual(query('_id=a,b', {}, type).clauses, [
      {
        param: '_id',
        values: [
          { kind: 'token', code: 'a' },
          { kind: 'token', code: 'b' },
        ],
      },
    ]);
    assert.equal(query('_lastUpdated=gt2020', {}, type).clauses.length, 1);
  }
});

test('whatever is asked, the answer is a query or a 400 (Q34)', () => {
  const names = fc.oneof(
    fc.constantFrom('code', 'date', 'subject', '_sort', '_count', 'value-string:contains', 'code:missing'),
    fc.string(),
  );
  const asked = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('9e999999', '0000-00-00', '9'.repeat(400), 'http://[', '\\', '|||', 'ap9999'),
  );
  fc.assert(
    fc.property(
      fc.array(fc.tuple(names, asked), { maxLength: 4 }),
      fc.constantFrom('lenient' as const, 'strict' as const),
      (pairs, handling) => {
        const parsed = parseSearch('Observation', new URLSearchParams(pairs), settings('Observation', { handling }));
        if (parsed.kind === 'fault') assert.equal(parsed.status, 400);
        else for (const clause of parsed.query.clauses) assert.ok(clause.values.length > 0);
      },
    ),
    { numRuns: 500 },
  );
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { resourceTypes } from './resource-type.ts';
import { searchParametersOf } from './search-parameter.ts';
import { parseSearch } from './search-parse.ts';
import type { SearchCapability, SearchSettings } from './search-settings.ts';

const capabilityOf = (type: string): SearchCapability => ({
  searchParams: searchParametersOf(type).map(({ code, type, definition }) => ({ name: code, type, definition })),
  sort: ['_lastUpdated', 'date'],
});
const settings = (type: string, more: Partial<SearchSettings> = {}): SearchSettings => ({
  handling: 'lenient',
  defaultCount: 20,
  maxCount: 100,
  maxValues: 3,
  maxClauses: 4,
  ownBases: ['http://localhost:4000/fhir'],
  capability: capabilityOf(type),
  now: Date.parse('2026-01-01'),
  ...more,
});
const parse = (text: string, more: Partial<SearchSettings> = {}, type = 'Observation') =>
  parseSearch(type, new URLSearchParams(text), settings(type, more));
const understood = (text: string, more: Partial<SearchSettings> = {}, type = 'Observation') => {
  const parsed = parse(text, more, type);
  assert.ok(parsed.kind === 'query', `${text}: ${JSON.stringify(parsed)}`);
  return parsed;
};
const query = (text: string, more: Partial<SearchSettings> = {}, type = 'Observation') =>
  understood(text, more, type).query;
const refused = (text: string, more: Partial<SearchSettings> = {}, type = 'Observation') => {
  const parsed = parse(text, more, type);
  assert.ok(parsed.kind === 'fault', `${text} was understood`);
  assert.equal(parsed.status, 400);
  assert.ok(parsed.diagnostics.length > 10, parsed.diagnostics);
  return parsed.code;
};

test('commas are alternatives, repetition is conjunction (N16)', () => {
  const { clauses } = query('code=a,b&code=c');
  assert.deepEqual(
    clauses.map((clause) => clause.values.length),
    [2, 1],
  );
});

test('an unknown parameter is left out when lenient, refused when strict (N17)', () => {
  const parsed = understood('nonsense=1&code=a&_nonsense=id&__proto__=x&constructor=y&nonsense:exact=z');
  assert.deepEqual(parsed.ignored, ['nonsense', '_nonsense', '__proto__', 'constructor', 'nonsense:exact']);
  assert.deepEqual(parsed.query.understood, [['code', 'a']]);
  assert.equal(refused('nonsense=1&code=a', { handling: 'strict' }), 'not-supported');
});

test('what a backend cannot search by is not known', () => {
  assert.deepEqual(understood('code=a', { capability: { searchParams: [], sort: [] } }).ignored, ['code']);
});

test('what would narrow or widen the result is never dropped (N16, N19)', () => {
  for (const handling of ['lenient', 'strict'] as const)
    for (const name of [
      '_has',
      '_has:Provenance:target:agent',
      '_include',
      '_include:iterate',
      '_revinclude',
      '_filter',
      '_text',
      '_content',
      '_content:not',
      '_list',
      '_query',
      '_type',
      '_containedType',
      '_contained',
      'nonsense.name',
    ])
      assert.match(refused(`${name}=a`, { handling }), /^(not-supported|invalid)$/, name);
});

test('count: default, given, at the limit, past it, zero, once (N18, Q27)', () => {
  assert.equal(query('').count, 20);
  assert.equal(query('_count=0').count, 0);
  assert.equal(query('_count=100').count, 100);
  assert.equal(refused('_count=101'), 'too-costly');
  assert.equal(refused('_count=1000000'), 'too-costly');
  assert.equal(query('_summary=count&_count=5').count, 0);
  assert.equal(query('', { defaultCount: 500 }).count, 100);
  for (const wrong of ['-1', '1.5', '', 'x', '1e3', '9'.repeat(10)])
    assert.equal(refused(`_count=${wrong}`), 'invalid', wrong);
  for (const twice of ['_count=1&_count=1', '_sort=date&_sort=date', '_total=none&_total=none', '_cursor=a&_cursor=a'])
    assert.equal(refused(twice), 'invalid', twice);
});

test('sort, total and cursor (N18)', () => {
  assert.deepEqual(query('_sort=-date,_lastUpdated').sort, [
    { param: 'date', descending: true },
    { param: '_lastUpdated', descending: false },
  ]);
  assert.equal(refused('_sort=code'), 'not-supported');
  assert.equal(refused('_sort='), 'not-supported');
  assert.equal(refused('_sort=date,-date'), 'invalid');
  const sorted = (maxSortKeys: number) => ({
    capability: { searchParams: [], sort: ['a', 'b', 'c', 'd'] },
    maxSortKeys,
  });
  assert.equal(query('_sort=a,-b,c', sorted(3)).sort.length, 3);
  assert.equal(refused('_sort=a,b,c,d', sorted(3)), 'too-costly');
  assert.equal(query('_sort=a,b,c,d', sorted(4)).sort.length, 4);
  assert.equal(query('').total, 'none');
  assert.equal(query('_total=accurate').total, 'accurate');
  assert.equal(refused('_total=yes'), 'invalid');
  assert.equal(query('_cursor=abc').cursor, 'abc');
  assert.deepEqual(query('_format=json&_pretty=true&_contained=false').understood, [
    ['_format', 'json'],
    ['_pretty', 'true'],
    ['_contained', 'false'],
  ]);
});

test('a subset of each match: summaries and elements, not both (N18)', () => {
  for (const which of ['true', 'text', 'data'] as const) {
    const parsed = understood(`_summary=${which}&code=a`);
    assert.deepEqual(parsed.subset, { kind: 'summary', which });
    assert.deepEqual(parsed.query.understood, [
      ['_summary', which],
      ['code', 'a'],
    ]);
  }
  for (const whole of ['', '_summary=false', '_summary=count']) assert.equal(understood(whole).subset, undefined);
  const parsed = understood('_elements=code,subject,code');
  assert.deepEqual(parsed.subset, { kind: 'elements', names: ['code', 'subject'] });
  assert.deepEqual(parsed.query.understood, [['_elements', 'code,subject,code']]);
  for (const wrong of ['_elements=', '_elements=a,', '_elements=a b', '_elements=$x', '_elements=a.b', '_summary=yes'])
    assert.equal(refused(wrong), 'invalid', wrong);
  assert.equal(understood('_elements=a,b,c').subset?.kind, 'elements');
  assert.equal(refused('_elements=a,b,c,d'), 'too-costly');
  assert.equal(refused('_elements=id&_summary=true'), 'invalid');
  assert.equal(refused('_summary=true&_elements=id'), 'invalid');
});

test('values and clauses are limited, at the limit and past it (Q27)', () => {
  assert.equal(query('code=a,b,c').clauses[0]?.values.length, 3);
  assert.equal(refused('code=a,b,c,d'), 'too-costly');
  assert.equal(query('code=a&code=b&code=c&code=d').clauses.length, 4);
  assert.equal(refused('code=a&code=b&code=c&code=d&code=e'), 'too-costly');
  assert.equal(refused('code=a&code=b&code=c&code=d&subject.name=e', { capabilityOf }), 'too-costly');
});

test('ids and instants of every type (N19)', () => {
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

test('whatever is asked, the answer is a query or a 400 (Q29, Q34)', () => {
  const names = fc.oneof(
    fc.constantFrom('code', 'date', 'subject', '_sort', '_count', 'value-string:contains', 'code:missing', '_elements'),
    fc.constantFrom('subject.name', 'focus.focus.focus.focus', '_has:Observation:patient:code', '_has:::', '_include'),
    fc.constantFrom(
      '_revinclude',
      'value-quantity',
      'code-value-quantity',
      '.',
      'subject:.x',
      '_has:Observation:a.b:c',
    ),
    fc.string(),
  );
  const asked = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom(
      '9e999999',
      '0000-00-00',
      '9'.repeat(400),
      'http://[',
      '\\',
      '|||',
      'ap9999',
      "' or 1=1 --",
      '$$',
      '*',
    ),
  );
  const every = { ...capabilityOf('Observation'), includes: ['Observation:subject'] };
  fc.assert(
    fc.property(
      fc.array(fc.tuple(names, asked), { maxLength: 4 }),
      fc.constantFrom('lenient' as const, 'strict' as const),
      (pairs, handling) => {
        const around = settings('Observation', { handling, capabilityOf, capability: every });
        const parsed = parseSearch('Observation', new URLSearchParams(pairs), around);
        if (parsed.kind === 'fault') assert.equal(parsed.status, 400);
        else for (const clause of parsed.query.clauses) assert.ok(clause.values.length > 0);
      },
    ),
    { numRuns: 500 },
  );
});

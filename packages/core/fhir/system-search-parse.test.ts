import assert from 'node:assert/strict';
import { test } from 'node:test';
import { searchParametersOf } from './search-parameter.ts';
import type { SearchReading } from './search-settings.ts';
import { parseSystemSearch } from './system-search-parse.ts';

const settings: SearchReading = {
  handling: 'lenient',
  defaultCount: 20,
  maxCount: 100,
  maxValues: 3,
  maxClauses: 2,
  ownBases: [],
  now: Date.parse('2026-01-01'),
  capabilityOf: (type) => ({
    searchParams: searchParametersOf(type).map(({ code, type: kind, definition }) => ({
      name: code,
      type: kind,
      definition,
    })),
    sort: type === 'Patient' ? ['_lastUpdated', 'birthdate'] : ['_lastUpdated', 'date'],
  }),
};
const types = ['Patient', 'Observation', 'Condition'];
const parse = (text: string, more: Partial<SearchReading> = {}) =>
  parseSystemSearch(types, new URLSearchParams(text), { ...settings, ...more });
const understood = (text: string) => {
  const parsed = parse(text);
  assert.ok(parsed.kind === 'query', `${text}: ${JSON.stringify(parsed)}`);
  return parsed;
};
const refused = (text: string, more?: Partial<SearchReading>) => {
  const parsed = parse(text, more);
  assert.ok(parsed.kind === 'fault', `${text} was understood`);
  return parsed.code;
};

test('all types, or those that are named (N19)', () => {
  assert.deepEqual(understood('').query.types, types);
  const { query } = understood('_type=Condition,Patient&_id=a&_sort=-_lastUpdated&_count=5');
  assert.deepEqual(query, {
    types: ['Patient', 'Condition'],
    clauses: [{ param: '_id', values: [{ kind: 'token', code: 'a' }] }],
    count: 5,
    sort: [{ param: '_lastUpdated', descending: true }],
    total: 'none',
    understood: [
      ['_type', 'Condition,Patient'],
      ['_id', 'a'],
      ['_sort', '-_lastUpdated'],
      ['_count', '5'],
    ],
  });
  for (const wrong of ['_type=Nonsense', '_type=', '_type=patient', '_type=Patient,', '_type=Encounter'])
    assert.equal(refused(wrong), 'not-supported', wrong);
  assert.equal(refused('_type=Patient&_type=Condition'), 'invalid');
});

test('only what every type has; what some type has is never dropped (N17, N19)', () => {
  for (const text of ['_tag=a', '_profile=http://p.example', '_security=a', '_lastUpdated=gt2020'])
    assert.equal(understood(text).query.clauses.length, 1, text);
  for (const text of [
    'code=a',
    'code:not=a',
    'birthdate=2020',
    'subject.name=a',
    '_has:Observation:patient:code=a',
    '_include=Observation:subject',
    '_sort=date',
    '_tag:nonsense=a',
    '_text=a',
  ])
    assert.equal(refused(text), 'not-supported', text);
  const parsed = understood('nonsense=1&_summary=text');
  assert.deepEqual(parsed.ignored, ['nonsense']);
  assert.deepEqual(parsed.subset, { kind: 'summary', which: 'text' });
  assert.equal(refused('nonsense=1', { handling: 'strict' }), 'not-supported');
});

test('limited as a search of one type is (Q27)', () => {
  assert.equal(understood('_tag=a&_tag=b').query.clauses.length, 2);
  assert.equal(refused('_tag=a&_tag=b&_tag=c'), 'too-costly');
  assert.equal(refused('_id=a,b,c,d'), 'too-costly');
  assert.equal(refused('_count=101'), 'too-costly');
});

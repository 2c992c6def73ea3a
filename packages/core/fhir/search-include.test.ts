import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseSearch } from './search-parse.ts';
import type { SearchCapability, SearchSettings } from './search-settings.ts';

const capabilities: Readonly<Record<string, SearchCapability>> = {
  Observation: {
    searchParams: [],
    sort: [],
    includes: ['Observation:subject', 'Observation:performer', 'Observation:focus'],
    revIncludes: ['Provenance:target', 'Observation:derived-from'],
  },
  Patient: { searchParams: [], sort: [], includes: ['Patient:organization'], revIncludes: ['Observation:subject'] },
  Practitioner: { searchParams: [], sort: [] },
};
const parse = (text: string, more: Partial<SearchSettings> = {}, type = 'Observation') =>
  parseSearch(type, new URLSearchParams(text), {
    handling: 'lenient',
    defaultCount: 20,
    maxCount: 100,
    maxValues: 3,
    maxClauses: 20,
    ownBases: [],
    capability: capabilities[type] ?? { searchParams: [], sort: [] },
    capabilityOf: (one) => capabilities[one],
    now: Date.parse('2026-01-01'),
    ...more,
  });
const includes = (text: string, more?: Partial<SearchSettings>, type?: string) => {
  const parsed = parse(text, more, type);
  assert.ok(parsed.kind === 'query', `${text}: ${JSON.stringify(parsed)}`);
  return parsed.query.includes;
};
const refused = (text: string, more?: Partial<SearchSettings>, type?: string) => {
  const parsed = parse(text, more, type);
  assert.ok(parsed.kind === 'fault', `${text} was understood`);
  return parsed.code;
};

test('includes forward and back, and again (N18)', () => {
  const forward = { reverse: false, type: 'Observation', param: 'subject', iterate: false };
  assert.deepEqual(includes('_include=Observation:subject'), [forward]);
  assert.deepEqual(includes('_include=Observation:subject:Patient'), [{ ...forward, target: 'Patient' }]);
  const back = { reverse: true, type: 'Provenance', param: 'target', iterate: false };
  assert.deepEqual(includes('_revinclude=Provenance:target'), [back]);
  assert.deepEqual(includes('_revinclude=Provenance:target:Observation'), [back]);
  for (const again of ['iterate', 'recurse']) {
    const iterated = { reverse: false, type: 'Patient', param: 'organization', iterate: true };
    assert.deepEqual(includes(`_include=Observation:subject&_include:${again}=Patient:organization`), [
      forward,
      iterated,
    ]);
    assert.deepEqual(includes(`_revinclude:${again}=Observation:derived-from`), [
      { reverse: true, type: 'Observation', param: 'derived-from', iterate: true },
    ]);
  }
  assert.deepEqual(includes('_revinclude:iterate=Observation:subject')?.length, 1);
  assert.deepEqual(parse('_include=Observation:subject').kind, 'query');
});

test('what is not offered is refused in any handling (N16)', () => {
  for (const text of [
    '_include=',
    '_include=Observation',
    '_include=Observation:',
    '_include=Observation:nonsense',
    '_include=Observation:subject:Practitioner',
    '_include=Observation:subject:Nonsense',
    '_include=Observation:subject:',
    '_include=Observation:subject:Patient:x',
    '_include=Patient:organization',
    '_include=Nonsense:subject',
    '_include:nonsense=Observation:subject',
    '_include:iterate:recurse=Observation:subject',
    '_include:iterate=Practitioner:organization',
    '_include:iterate=Patient:link',
    '_revinclude=Observation:subject',
    '_revinclude=AuditEvent:entity',
    '_revinclude=Provenance:target:Patient',
    '_revinclude:iterate=AuditEvent:entity',
  ])
    assert.match(refused(text), /^(not-supported|invalid)$/, text);
  assert.equal(refused('_include=Practitioner:organization', {}, 'Practitioner'), 'not-supported');
});

test('everything is included only by a setting, and includes are limited (Q27)', () => {
  for (const all of ['_include=*', '_include=Observation:*', '_revinclude=Provenance:*', '_revinclude=*'])
    assert.match(refused(all), /^(too-costly|invalid)$/, all);
  const includeAll = true;
  const every = { reverse: false, type: 'Observation', param: '*', iterate: false };
  assert.deepEqual(includes('_include=*', { includeAll }), [every]);
  assert.deepEqual(includes('_include=Observation:*', { includeAll }), [every]);
  assert.deepEqual(includes('_revinclude=Provenance:*', { includeAll }), [
    { reverse: true, type: 'Provenance', param: '*', iterate: false },
  ]);
  for (const wrong of ['_revinclude=*', '_include:iterate=*', '_include=*:subject', '_include=Patient:*'])
    assert.match(refused(wrong, { includeAll }), /^(not-supported|invalid)$/, wrong);
  const many = (count: number) => Array.from({ length: count }, () => '_include=Observation:subject').join('&');
  assert.equal(includes(many(10))?.length, 10);
  assert.equal(refused(many(11)), 'too-costly');
  assert.equal(refused(many(2), { maxIncludes: 1 }), 'too-costly');
});

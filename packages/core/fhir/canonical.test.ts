/** Canonical references, the order of business versions, and published artefacts that do not change. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canonicalChange, compareVersions, parseCanonical } from './canonical.ts';

test('M01: a canonical is a url, a version and a fragment', () => {
  assert.deepEqual(parseCanonical('http://a.example/x|1.2#part'), {
    url: 'http://a.example/x',
    version: '1.2',
    fragment: 'part',
  });
  assert.deepEqual(parseCanonical('http://a.example/x'), { url: 'http://a.example/x' });
  assert.deepEqual(parseCanonical('urn:oid:1.2.3|4'), { url: 'urn:oid:1.2.3', version: '4' });
});

test('M01: versions in their order, from the lowest', () => {
  const ordered = [
    undefined,
    '0.9',
    '1',
    '1.0.0-ballot',
    '1.0.0-ballot.2',
    '1.0.0-ballot.10',
    '1.0.0-snapshot',
    '1.0.0',
    '1.9.0',
    '1.10.0',
    '1.10.0.1',
    '10.0.0',
    '2023-06-29',
    '2023-12-01',
    '20230629124228',
    'draft',
  ];
  for (const [i, a] of ordered.entries())
    for (const [j, b] of ordered.entries())
      assert.equal(Math.sign(compareVersions(a, b)), Math.sign(i - j), `${a} against ${b}`);
  assert.notEqual(compareVersions('1.1', '1.01'), 0);
  assert.equal(compareVersions('1.1', '1.01'), -compareVersions('1.01', '1.1'));
});

const active = {
  resourceType: 'ValueSet',
  id: 'a',
  url: 'http://a.example/v',
  version: '1.0.0',
  status: 'active',
  title: 'Colours',
  compose: { include: [{ system: 'http://a.example/c' }] },
};

test('M02: the content of an active artefact is kept; status, date and meta may change', () => {
  assert.equal(canonicalChange(active, { ...active, status: 'retired', date: '2026-01-01' }), undefined);
  assert.equal(canonicalChange(active, { ...active, meta: { tag: [{ code: 'x' }] } }), undefined);
  const reordered = Object.fromEntries(Object.entries(active).reverse());
  assert.equal(canonicalChange(active, { resourceType: 'ValueSet', ...reordered }), undefined);
  assert.deepEqual(canonicalChange(active, { ...active, title: 'Colors' })?.expression, ['ValueSet.title']);
  assert.equal(canonicalChange(active, { ...active, version: '1.0.1' })?.code, 'business-rule');
  assert.deepEqual(canonicalChange(active, { ...active, compose: { include: [] } })?.expression, ['ValueSet.compose']);
  assert.ok(canonicalChange(active, { ...active, text: { status: 'generated', div: '<div/>' } }));
  const { title, ...without } = active;
  assert.deepEqual(canonicalChange(active, without)?.expression, ['ValueSet.title'], title);
});

test('M02: what was published does not become a draft again, and a retired one is not edited', () => {
  assert.deepEqual(canonicalChange(active, { ...active, status: 'draft' })?.expression, ['ValueSet.status']);
  const retired = { ...active, status: 'retired' };
  assert.ok(canonicalChange(retired, { ...retired, title: 'Colors' }));
  assert.equal(canonicalChange(retired, active), undefined);
});

test('M02: drafts and types that are not canonical change freely', () => {
  const draft = { ...active, status: 'draft' };
  assert.equal(canonicalChange(draft, { ...active, title: 'Colors' }), undefined);
  const plan = { resourceType: 'CarePlan', status: 'active', title: 'a' };
  assert.equal(canonicalChange(plan, { ...plan, title: 'b' }), undefined);
});

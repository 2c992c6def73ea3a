/** Subsets of a resource: what is kept, what is left out, and that it says so. FHIR R4 search.html#summary. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkShape } from '@affinity/core/fhir/resource-shape.ts';
import type { Subset } from '@affinity/core/fhir/search-query.ts';
import { arbitraryResource } from '@affinity/core/testing/arbitrary-resource.ts';
import fc from 'fast-check';
import { subsetOf } from './subset.ts';

const tag = '{"system":"http://terminology.hl7.org/CodeSystem/v3-ObservationValue","code":"SUBSETTED"}';
const observation = `{"resourceType":"Observation","id":"o","meta":{"versionId":"3","tag":[{"code":"x"}]},"text":{"status":"generated","div":"<div>a</div>"},"contained":[{"resourceType":"Patient","id":"c"}],"extension":[{"url":"e","valueDecimal":1.10}],"modifierExtension":[{"url":"m","valueBoolean":true}],"status":"final","_status":{"id":"s"},"category":[{"text":"k"}],"code":{"text":"c"},"valueQuantity":{"value":0.10},"note":[{"text":"n"}],"referenceRange":[{"low":{"value":1.0}}],"component":[{"code":{"text":"a"},"valueQuantity":{"value":2.50},"referenceRange":[{"text":"r"}]}]}`;
const keysOf = (json: string) => Object.keys(JSON.parse(json));
const summary = (which: 'true' | 'text' | 'data'): Subset => ({ kind: 'summary', which });
const of = (subset: Subset) => subsetOf(observation, 'Observation', subset);

test('N18: _summary=true keeps the elements of the summary at every depth, the mandatory and the modifiers', () => {
  const json = of(summary('true'));
  assert.deepEqual(keysOf(json), [
    ...['resourceType', 'id', 'meta', 'modifierExtension', 'status', '_status', 'code', 'valueQuantity', 'component'],
  ]);
  assert.match(json, /"valueQuantity":{"value":0\.10}/);
  assert.match(json, /"component":\[{"code":{"text":"a"},"valueQuantity":{"value":2\.50}}\]/);
  assert.ok(json.includes(`"meta":{"versionId":"3","tag":[{"code":"x"},${tag}]}`));
  const attached =
    '{"resourceType":"Patient","photo":[{"title":"x"}],"link":[{"other":{"display":"x"},"type":"refer"}],"contact":[{"gender":"male"}]}';
  assert.deepEqual(keysOf(subsetOf(attached, 'Patient', summary('true'))), ['resourceType', 'link', 'meta']);
  const media =
    '{"resourceType":"Media","status":"completed","content":{"title":"x","data":"QQ==","extension":[{"url":"u","valueCode":"v"}]}}';
  assert.match(
    subsetOf(media, 'Media', summary('true')),
    /"content":{"title":"x","extension":\[/,
    'no data of attachments',
  );
});

test('N18: _summary=text and data', () => {
  assert.deepEqual(keysOf(of(summary('text'))), [
    'resourceType',
    'id',
    'meta',
    'text',
    'modifierExtension',
    'status',
    '_status',
    'code',
  ]);
  assert.deepEqual(
    keysOf(of(summary('data'))),
    keysOf(observation).filter((key) => key !== 'text'),
  );
  assert.ok(of(summary('data')).includes(tag));
});

test('N18: _elements keeps what is named beside the mandatory and the modifiers; of a choice any form', () => {
  const kept = (names: string[]) => keysOf(of({ kind: 'elements', names }));
  assert.deepEqual(kept(['note']), [
    'resourceType',
    'id',
    'meta',
    'modifierExtension',
    'status',
    '_status',
    'code',
    'note',
  ]);
  assert.deepEqual(kept(['value']).at(-1), 'valueQuantity');
  assert.ok(of({ kind: 'elements', names: ['referenceRange'] }).includes('"referenceRange":[{"low":{"value":1.0}}]'));
  assert.deepEqual(kept([]), ['resourceType', 'id', 'meta', 'modifierExtension', 'status', '_status', 'code']);
});

test('N18: a subset is marked once, however often it is made', () => {
  const once = of(summary('true'));
  assert.equal(subsetOf(once, 'Observation', summary('true')), once);
  assert.match(
    subsetOf('{"resourceType":"Patient"}', 'Patient', summary('data')),
    /"meta":{"tag":\[{[^{}]*SUBSETTED"}\]}/,
  );
});

test('N18: every subset of a sound resource is sound', () => {
  const subset = fc.oneof(
    fc.constantFrom('true' as const, 'text' as const, 'data' as const).map(summary),
    fc.subarray(['value', 'subject', 'category', 'name', 'note']).map((names): Subset => ({ kind: 'elements', names })),
  );
  fc.assert(
    fc.property(arbitraryResource(), subset, (resource, wanted) => {
      const made = JSON.parse(subsetOf(JSON.stringify(resource), resource.resourceType, wanted));
      if (checkShape(resource).length === 0) assert.deepEqual(checkShape(made), []);
      assert.equal(made.id, resource.id);
    }),
  );
});

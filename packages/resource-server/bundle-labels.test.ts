/** The labels of Bundles that leave, in JSON and in XML, and those of subsets. FHIR R4 security-labels.html, bundle.html. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Version } from '@affinity/core/fhir/backend.ts';
import { parseExact } from '@affinity/core/fhir/exact-json.ts';
import type { Coding, Resource } from '@affinity/core/fhir/resource.ts';
import { checkShape } from '@affinity/core/fhir/resource-shape.ts';
import { labelOf } from '@affinity/core/fhir/security-label.ts';
import { actCode } from '@affinity/core/fhir/sensitivity.ts';
import { history, responses, searchset } from './bundle.ts';
import { subsetOf } from './subset.ts';
import { xmlToJson } from './xml/parse.ts';
import { printXml } from './xml/print.ts';

const act = (code: string): Coding => ({ system: actCode, code });
const version = (...security: readonly Coding[]): Version => ({
  type: 'Observation',
  id: 'o',
  versionId: '1',
  lastUpdated: '2026-01-02T03:04:05.000Z',
  body: JSON.stringify({
    resourceType: 'Observation',
    id: 'o',
    ...(security.length === 0 ? {} : { meta: { security } }),
    status: 'final',
    code: { text: 'c' },
  }),
});

const base = 'http://localhost/fhir';
const search = (matches: readonly Version[], included: readonly Version[] = []) =>
  searchset({ base, result: { matches, included }, links: [], shown: ({ body }) => body });
const labelsOf = (json: string) => (JSON.parse(json) as Resource).meta?.security;

test('E72 a Bundle is as confidential as the highest of its entries; a normal one says nothing', () => {
  assert.equal((JSON.parse(search([version(), version(labelOf('L'))])) as Resource).meta, undefined);
  assert.deepEqual(labelsOf(search([version(), version(labelOf('R')), version(labelOf('L'))])), [labelOf('R')]);
  assert.deepEqual(labelsOf(search([version()], [version(labelOf('V'))])), [labelOf('V')]);
});

test('E72 what is sensitive restricts the Bundle, and is not told of it', () => {
  assert.deepEqual(labelsOf(search([version(act('HIV'))])), [labelOf('R')]);
});

test('E72 obligations and refrains are carried, each once, under the present name of their system', () => {
  const matches = [
    version(act('NORDSCLCD'), act('ENCRYPT')),
    version({ system: 'http://hl7.org/fhir/v3/ActCode', code: 'NORDSCLCD' }),
    version({ code: 'NOREDISCLOSE' }),
    version({ system: 'urn:other', code: 'NOPAT' }),
  ];
  assert.deepEqual(labelsOf(search(matches)), [act('NORDSCLCD'), act('ENCRYPT'), act('NOREDISCLOSE')]);
});

test('E72 histories and answers to batches carry them too, of a Bundle within as well', () => {
  const gone = { type: 'Observation', id: 'o', versionId: '2', lastUpdated: '2026-01-02T03:04:06.000Z' };
  const entries = [
    { method: 'DELETE', version: gone },
    { method: 'POST', version: version(labelOf('R'), act('NOPAT')) },
  ] as const;
  assert.deepEqual(labelsOf(history(base, entries, [])), [labelOf('R'), act('NOPAT')]);
  const answer = { status: 200, headers: {}, json: search([version(act('PSY'), act('NOPAT'))]) };
  assert.deepEqual(labelsOf(responses('batch', [answer])), [labelOf('R'), act('NOPAT')]);
});

test('E72 the order of members holds for XML, and the shape for JSON', () => {
  const json = search([version(labelOf('R'), act('ENCRYPT'))]);
  assert.deepEqual(checkShape(JSON.parse(json)), []);
  const printed = printXml(parseExact(json), false);
  assert.ok(printed.kind === 'ok');
  assert.match(printed.xml, /<Bundle[^>]*><meta><security>.*<\/meta><type value="searchset"\/>/);
  const again = xmlToJson(printed.xml, { depth: 64 });
  assert.ok(again.kind === 'ok');
  assert.deepEqual(JSON.parse(again.json), JSON.parse(json));
});

test('E72 every subset of a resource keeps its labels', () => {
  const { body } = version(labelOf('R'), act('HIV'), act('NORDSCLCD'));
  const subsets = [
    { kind: 'elements', names: ['status'] },
    ...(['true', 'text', 'data'] as const).map((which) => ({ kind: 'summary', which }) as const),
  ] as const;
  for (const subset of subsets)
    assert.deepEqual(labelsOf(subsetOf(body, 'Observation', subset)), labelsOf(body), JSON.stringify(subset));
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { actReason, parsePurposes, purposeClaim, readPurposeClaim } from './purpose-of-use.ts';

const claim = (...given: readonly unknown[]) => ({ ihe_iua: { purpose_of_use: given } });
const of = (code: unknown, system: unknown = actReason) => ({ system, code });

test('E75: the purposes of a token, each once, in the form of IHE IUA', () => {
  assert.deepEqual(readPurposeClaim(purposeClaim(['TREAT', 'HRESCH'])), ['TREAT', 'HRESCH']);
  assert.deepEqual(readPurposeClaim(claim(of('TREAT'), of('TREAT'))), ['TREAT']);
  assert.deepEqual(readPurposeClaim(claim({ ...of('TREAT'), display: 'treatment' })), ['TREAT']);
  for (const none of [undefined, {}, { ihe_iua: {} }, claim(), { other: 1 }, { ihe_iua: { person_id: 'x' } }])
    assert.deepEqual(readPurposeClaim(none), []);
});

test('E75: a purpose of a system that is not ours is no purpose of ours', () => {
  assert.deepEqual(readPurposeClaim(claim(of('BTG', 'urn:oid:1.2.3'), of('TREAT'))), ['TREAT']);
  assert.deepEqual(readPurposeClaim(claim(of('BTG', `${actReason}/`))), []);
});

test('E75: a claim that is not sound is not understood, in whole', () => {
  const faulty: readonly unknown[] = [
    null,
    'TREAT',
    [],
    7,
    { ihe_iua: null },
    { ihe_iua: [] },
    { ihe_iua: { purpose_of_use: 'TREAT' } },
    { ihe_iua: { purpose_of_use: null } },
    { ihe_iua: { purpose_of_use: { system: actReason, code: 'TREAT' } } },
    claim('TREAT'),
    claim(null),
    claim([]),
    claim({ code: 'TREAT' }),
    claim({ system: actReason }),
    claim(of(7)),
    claim(of('')),
    claim(of('TREAT BTG')),
    claim(of('TREAT', null)),
    claim(of('TREAT'), of(undefined)),
    claim(...Array.from({ length: 21 }, () => of('TREAT'))),
  ];
  for (const extensions of faulty) assert.equal(readPurposeClaim(extensions), undefined, JSON.stringify(extensions));
});

test('E75: the parameter takes codes of the value set, each once, an emergency alone', () => {
  assert.deepEqual(parsePurposes('HRESCH'), { kind: 'purposes', codes: ['HRESCH'] });
  assert.deepEqual(parsePurposes('TREAT HOPERAT'), { kind: 'purposes', codes: ['TREAT', 'HOPERAT'] });
  for (const text of [
    '',
    ' ',
    'treat',
    'TREAT  HRESCH',
    'TREAT ',
    'XYZ',
    'TREAT TREAT',
    'BTG TREAT',
    'PurposeOfUse',
    '*',
  ])
    assert.equal(parsePurposes(text).kind, 'fault', text);
});

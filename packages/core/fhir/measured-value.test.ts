/** Numbers and quantities as ranges. FHIR R4 search.html#number, #quantity. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { highest, lowest, numberOf, quantityOf } from './measured-value.ts';
import { numberMatches } from './value-match.ts';

const ucum = { system: 'http://unitsofmeasure.org', code: 'mg', unit: 'milligrams' };
const ends = (type: string, value: unknown) => {
  const found = quantityOf(type, value);
  return found === undefined ? undefined : [found.value, found.low, found.high];
};

test('a number is a point: its precision is a matter of the query (N15)', () => {
  assert.deepEqual(numberOf(5.4), { value: 5.4, low: 5.4, high: 5.4 });
  for (const value of ['5.4', null, undefined, {}, Number.NaN, Number.POSITIVE_INFINITY])
    assert.equal(numberOf(value), undefined);
});

test('a quantity has its unit as it is written', () => {
  assert.deepEqual(quantityOf('Quantity', { value: 5, ...ucum }), { value: 5, low: 5, high: 5, ...ucum });
  assert.deepEqual(quantityOf('Age', { value: 5 }), { value: 5, low: 5, high: 5, system: '', code: '', unit: '' });
  for (const value of [{ ...ucum }, { value: '5' }, { value: null }, 5, null, []])
    assert.equal(quantityOf('Quantity', value), undefined);
});

test('a comparator opens a range, and < leaves its number out (N15)', () => {
  const matches = (comparator: string, prefix: 'eq' | 'ge' | 'gt' | 'le' | 'lt' | 'sa' | 'eb') => {
    const range = quantityOf('Quantity', { value: 5, comparator });
    assert.ok(range !== undefined);
    return numberMatches(range, { prefix, value: 5, low: 4.5, high: 5.5 });
  };
  assert.deepEqual(ends('Quantity', { value: 5, comparator: '<=' }), [5, lowest, 5]);
  assert.deepEqual(ends('Quantity', { value: 5, comparator: '>=' }), [5, 5, highest]);
  assert.deepEqual(
    ['<', '<=', '>=', '>'].map((comparator) => matches(comparator, 'ge')),
    [false, true, true, true],
  );
  assert.deepEqual(
    ['<', '<=', '>=', '>'].map((comparator) => matches(comparator, 'le')),
    [true, true, true, false],
  );
  assert.deepEqual(
    ['<', '<=', '>=', '>'].map((comparator) => matches(comparator, 'sa')),
    [false, false, false, true],
  );
  for (const comparator of ['<', '<=', '>=', '>']) assert.equal(matches(comparator, 'eq'), false);
  const [, , high = 0] = ends('Quantity', { value: 0, comparator: '<' }) ?? [];
  assert.ok(high < 0);
});

test('a Range reaches from low to high, in one unit', () => {
  assert.deepEqual(ends('Range', { low: { value: 1 }, high: { value: 2 } }), [1, 1, 2]);
  assert.deepEqual(ends('Range', { low: { value: 1 } }), [1, 1, highest]);
  assert.deepEqual(ends('Range', { high: { value: 2 } }), [2, lowest, 2]);
  assert.deepEqual(quantityOf('Range', { high: { value: 2, ...ucum } })?.code, 'mg');
  for (const value of [
    {},
    { low: { value: 2 }, high: { value: 1 } },
    { low: { value: 1, ...ucum }, high: { value: 2, ...ucum, code: 'g' } },
    { low: { unit: 'x' } },
  ])
    assert.equal(quantityOf('Range', value), undefined);
});

test('a Money is in its currency; a SampledData is as wide as its samples', () => {
  assert.deepEqual(quantityOf('Money', { value: 1.5, currency: 'EUR' }), {
    ...{ value: 1.5, low: 1.5, high: 1.5 },
    ...{ system: 'urn:iso:std:iso:4217', code: 'EUR', unit: 'EUR' },
  });
  const sampled = { origin: { value: 10, ...ucum }, factor: 2, period: 1, dimensions: 1 };
  assert.deepEqual(quantityOf('SampledData', { ...sampled, data: '1 -3 E 2.5' }), {
    ...{ value: 4, low: 4, high: 15 },
    ...ucum,
  });
  assert.deepEqual(ends('SampledData', { ...sampled, lowerLimit: -7, upperLimit: 99, data: 'L 0 U' }), [-7, -7, 99]);
  for (const data of [undefined, '', 'E E', 'L'])
    assert.equal(quantityOf('SampledData', { ...sampled, data }), undefined);
  assert.equal(quantityOf('SampledData', { data: '1' }), undefined);
});

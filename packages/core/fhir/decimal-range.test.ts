import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decimalRange } from './decimal-range.ts';

test('a decimal is as wide as its precision (N15)', () => {
  for (const [text, value, low, high] of [
    ['100', 100, 99.5, 100.5],
    ['100.00', 100, 99.995, 100.005],
    ['1e2', 100, 50, 150],
    ['1.0E2', 100, 95, 105],
    ['5.4', 5.4, 5.35, 5.45],
    ['5.40e-3', 0.0054, 0.005395, 0.005405],
    ['-5.4', -5.4, -5.45, -5.35],
    ['+7', 7, 6.5, 7.5],
    ['0', 0, -0.5, 0.5],
    ['-0.0', 0, -0.05, 0.05],
    ['007', 7, 6.5, 7.5],
  ] as const)
    assert.deepEqual(decimalRange(text), { value, low, high }, text);
});

test('what is no decimal has no range', () => {
  for (const text of ['', '.', '.5', '5.', '1e', '1e2.5', 'x', '0x10', '1 ', ' 1', '1_000', 'Infinity', 'NaN', '--1'])
    assert.equal(decimalRange(text), undefined, text);
  for (const text of ['1e999', '9'.repeat(41), `0.${'1'.repeat(41)}`, '1e9999'])
    assert.equal(decimalRange(text), undefined, text);
});

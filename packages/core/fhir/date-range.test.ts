import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { dateRange, earliest, latest, periodRange } from './date-range.ts';

const iso = (text: string) => {
  const range = dateRange(text);
  return range && [new Date(range.start).toISOString(), new Date(range.end).toISOString()];
};

test('a date is as long as its precision (N15)', () => {
  assert.deepEqual(iso('2020'), ['2020-01-01T00:00:00.000Z', '2021-01-01T00:00:00.000Z']);
  assert.deepEqual(iso('2020-02'), ['2020-02-01T00:00:00.000Z', '2020-03-01T00:00:00.000Z']);
  assert.deepEqual(iso('2020-12'), ['2020-12-01T00:00:00.000Z', '2021-01-01T00:00:00.000Z']);
  assert.deepEqual(iso('2020-02-29'), ['2020-02-29T00:00:00.000Z', '2020-03-01T00:00:00.000Z']);
  assert.deepEqual(iso('2020-12-31'), ['2020-12-31T00:00:00.000Z', '2021-01-01T00:00:00.000Z']);
  assert.deepEqual(iso('2020-01-01T10:20'), ['2020-01-01T10:20:00.000Z', '2020-01-01T10:21:00.000Z']);
  assert.deepEqual(iso('2020-01-01T10:20:30Z'), ['2020-01-01T10:20:30.000Z', '2020-01-01T10:20:31.000Z']);
  assert.deepEqual(iso('2020-01-01T10:20:30.5Z'), ['2020-01-01T10:20:30.500Z', '2020-01-01T10:20:30.600Z']);
  assert.deepEqual(iso('2020-01-01T10:20:30.123Z'), ['2020-01-01T10:20:30.123Z', '2020-01-01T10:20:30.124Z']);
  assert.deepEqual(iso('2020-01-01T10:20:30.123456Z'), ['2020-01-01T10:20:30.123Z', '2020-01-01T10:20:30.124Z']);
});

test('zones are honoured; none is UTC', () => {
  assert.equal(iso('2020-01-01T00:30:00+05:30')?.[0], '2019-12-31T19:00:00.000Z');
  assert.equal(iso('2020-01-01T23:30:00-08:00')?.[0], '2020-01-02T07:30:00.000Z');
  assert.equal(iso('2020-01-01T10:00:00')?.[0], '2020-01-01T10:00:00.000Z');
});

test('the years have bounds (Q34)', () => {
  assert.deepEqual(dateRange('0001')?.start, earliest);
  assert.deepEqual(dateRange('9999')?.end, latest);
  assert.deepEqual(iso('0020-03')?.[0], '0020-03-01T00:00:00.000Z');
  assert.deepEqual(iso('0099')?.[1], '0100-01-01T00:00:00.000Z');
  assert.equal(dateRange('9999-12-31T23:59:59-14:00')?.end, latest);
  assert.deepEqual(iso('2016-12-31T23:59:60Z')?.[0], '2017-01-01T00:00:00.000Z');
});

test('what is no date', () => {
  for (const text of [
    '',
    '0000',
    '20',
    '2020-13',
    '2020-00',
    '2021-02-29',
    '2020-04-31',
    '2020-01-00',
    '2020-1-1',
    '20200101',
    '2020-01-01T',
    '2020-01-01T10',
    '2020-01-01T24:00:00Z',
    '2020-01-01T10:60:00Z',
    '2020-01-01T10:00:61Z',
    '2020-01-01T10:00:00+15:00',
    '2020-01-01T10:00:00+0100',
    ' 2020',
    '2020Z',
    '10000',
    'now',
  ])
    assert.equal(dateRange(text), undefined, text);
});

test('every instant lies in the range of its own text', () => {
  fc.assert(
    fc.property(fc.date({ min: new Date(earliest), max: new Date(latest - 1), noInvalidDate: true }), (date) => {
      const text = date.toISOString();
      for (const part of [
        text,
        text.slice(0, 19),
        text.slice(0, 16),
        text.slice(0, 10),
        text.slice(0, 7),
        text.slice(0, 4),
      ]) {
        const range = dateRange(part);
        assert.ok(range !== undefined && range.start <= date.getTime() && date.getTime() < range.end, part);
      }
    }),
  );
});

test('periods are open where an end is not given', () => {
  const year = dateRange('2020');
  assert.deepEqual(periodRange('2020', undefined), { start: year?.start, end: latest });
  assert.deepEqual(periodRange(undefined, '2020'), { start: earliest, end: year?.end });
  assert.equal(periodRange(undefined, undefined), undefined);
  assert.equal(periodRange('2021', '2020'), undefined);
  assert.deepEqual(periodRange('2020', '2020'), year);
});

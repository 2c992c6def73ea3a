/** Observations as they come → readings, units, dates, and what was shared. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createShelf } from './browser-sessions.ts';
import { ageAt, showAgo, showDate } from './dates.ts';
import { type Measure, measures } from './measures.ts';
import { readReadings } from './readings.ts';
import { readSharing } from './sharing.ts';
import { bloodPressure, measured } from './testing/health-record.ts';
import { convert, readAmount, showValue } from './units.ts';

const [weight, pressure, glucose] = measures as readonly [Measure, Measure, Measure];

describe('readings', () => {
  test('stand in the order of time, whatever the order they came in', () => {
    const { readings, unit } = readReadings(weight, [
      measured('29463-7', '2026-03-01', 80, 'kg'),
      measured('29463-7', '2024', 82, 'kg'),
      measured('29463-7', '2025-05', 81, 'kg'),
    ]);
    assert.equal(unit, 'kg');
    assert.deepEqual(
      readings.map(({ date }) => date),
      ['2024', '2025-05', '2026-03-01'],
    );
  });
  test('units are turned into that of the newest, and counted', () => {
    const { readings, unit, converted } = readReadings(glucose, [
      measured('15074-8', '2024-01-01', 5, 'mmol/L'),
      measured('2345-7', '2025-01-01', 100, 'mg/dL'),
    ]);
    assert.equal(unit, 'mg/dL');
    assert.equal(converted, 1);
    assert.equal(readings[0]?.amounts[0]?.value, 5 * 18.016);
  });
  test('a unit of another kind is no value, never a wrong one', () => {
    const { readings } = readReadings(weight, [
      measured('29463-7', '2024-01-01', 80, 'stone'),
      measured('29463-7', '2025-01-01', 5, 'mmol/L'),
      measured('29463-7', '2026-01-01', 80, 'kg'),
    ]);
    assert.deepEqual(
      readings.map(({ amounts }) => amounts[0]?.value),
      [undefined, undefined, 80],
    );
  });
  test('blood pressure is read from its components, one of which may be missing', () => {
    const { readings } = readReadings(pressure, [
      bloodPressure('2026-01-01', 120, 80),
      bloodPressure('2026-02-01', 118, undefined),
    ]);
    assert.deepEqual(
      readings.map(({ amounts }) => amounts.map((amount) => amount?.value)),
      [
        [120, 80],
        [118, undefined],
      ],
    );
  });
  test('what was withdrawn is left out, what has no date is counted', () => {
    const read = readReadings(weight, [
      measured('29463-7', '2026-01-01', 800, 'kg', { status: 'entered-in-error' }),
      measured('29463-7', 'nonsense', 80, 'kg'),
    ]);
    assert.deepEqual([read.readings.length, read.undated, read.unit], [0, 1, undefined]);
  });
  test('the range printed with the newest result goes before the usual one', () => {
    const range = { referenceRange: [{ low: { value: 4, code: 'mmol/L' }, high: { value: 6, code: 'mmol/L' } }] };
    const printed = readReadings(glucose, [measured('2345-7', '2026-01-01', 90, 'mg/dL', range)]);
    assert.deepEqual(printed.usual, [{ low: 4 * 18.016, high: 6 * 18.016, unit: 'mg/dL' }]);
    const half = readReadings(glucose, [
      measured('2345-7', '2026-01-01', 90, 'mg/dL', { referenceRange: [{ low: { value: 4 } }] }),
    ]);
    assert.deepEqual(half.usual, [{ low: 70, high: 99, unit: 'mg/dL' }]);
  });
});

describe('units', () => {
  test('are known by code or by what people write', () => {
    assert.deepEqual(readAmount({ value: 120, unit: 'mmHg' }), { value: 120, unit: 'mm[Hg]' });
    assert.deepEqual(readAmount({ value: 1, code: '{score}', unit: 'kg' }), { value: 1, unit: 'kg' });
    for (const bad of [undefined, {}, { value: '80', code: 'kg' }, { value: 80 }, { value: 80, code: 'constructor' }]) {
      assert.equal(readAmount(bad), undefined);
    }
  });
  test('turn into one another and back', () => {
    assert.equal(convert({ value: 100, unit: '[lb_av]' }, 'kg')?.value.toFixed(3), '45.359');
    assert.equal(convert({ value: 5.5, unit: 'mmol/L' }, 'mg/dL')?.value.toFixed(1), '99.1');
    assert.equal(convert({ value: 1, unit: 'kg' }, 'mg/dL'), undefined);
  });
  test('are shown with as many decimals as people use', () => {
    assert.equal(showValue({ value: 99.6, unit: 'mg/dL' }), '100');
    assert.equal(showValue({ value: 5, unit: 'mmol/L' }), '5.0');
  });
});

describe('dates', () => {
  test('are shown as precisely as they are known', () => {
    assert.equal(showDate('2026-05-03T23:30:00-08:00'), '3 May 2026');
    assert.equal(showDate('2026-05'), 'May 2026');
    assert.equal(showDate('2026'), '2026');
  });
  test('are so long ago', () => {
    const now = Date.parse('2026-11-03T12:00:00Z');
    const ago = (date: string) => showAgo(Date.parse(date), now);
    assert.deepEqual(
      ['2026-11-03', '2026-11-02', '2026-10-30', '2026-10-13', '2026-05-03', '2024-05-03', '2026-11-05'].map(ago),
      ['today', 'yesterday', '4 days ago', '3 weeks ago', '6 months ago', '2 years ago', 'in the future'],
    );
  });
  test('give an age only where the day is known', () => {
    const now = Date.parse('2026-05-03T12:00:00Z');
    assert.deepEqual(
      ['1951-05-03', '1951-05-04', '1951-05', '2030-01-01'].map((date) => ageAt(date, now)),
      [75, 74, undefined, undefined],
    );
  });
});

describe('what was shared', () => {
  const category = 'http://terminology.hl7.org/CodeSystem/observation-category';
  const groups = (scope: string) => readSharing(scope).groups;
  test('all Observations, in either form, or by the group', () => {
    const both = { 'vital-signs': true, laboratory: true };
    for (const scope of ['patient/Observation.rs', 'patient/Observation.read', 'patient/*.cruds'])
      assert.deepEqual(groups(scope), both);
    assert.deepEqual(groups(`openid patient/Observation.rs?category=${category}|vital-signs`), {
      ...both,
      laboratory: false,
    });
  });
  test('nothing follows from what does not say so', () => {
    const none = { 'vital-signs': false, laboratory: false };
    for (const scope of [
      '',
      'patient/Observation.r',
      'patient/Observation.',
      'patient/Condition.rs',
      'patient/Observation.rs?code=x',
    ]) {
      assert.deepEqual(groups(scope), none, scope);
    }
    assert.equal(readSharing('patient/Observation.rs').patient, false);
  });
});

describe('the shelf of sessions', () => {
  test('forgets after its time, at the limit and not before', () => {
    let now = 0;
    const shelf = createShelf<string>({ capacity: 3, seconds: 10, now: () => now });
    const id = shelf.put('a');
    now = 9_999;
    assert.equal(shelf.get(id), 'a');
    shelf.replace(id, 'b');
    now = 10_000;
    assert.deepEqual([shelf.get(id), shelf.take(id)], [undefined, undefined]);
  });
  test('holds no more than its capacity: the oldest goes', () => {
    const shelf = createShelf<string>({ capacity: 2, seconds: 10, now: () => 0 });
    const [one, two, three] = ['a', 'b', 'c'].map((value) => shelf.put(value));
    assert.deepEqual([shelf.get(one), shelf.get(two), shelf.get(three)], [undefined, 'b', 'c']);
  });
  test('gives out once what is taken, and revives nothing', () => {
    const shelf = createShelf<string>({ capacity: 2, seconds: 10, now: () => 0 });
    const id = shelf.put('a');
    assert.equal(shelf.take(id), 'a');
    shelf.replace(id, 'b');
    assert.equal(shelf.get(id), undefined);
    assert.equal(shelf.get(undefined), undefined);
  });
});

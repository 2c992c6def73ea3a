/** Scales, ticks, lines with gaps, and the whole drawing. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { drawLineChart, type LineChart } from './line-chart.ts';
import { gapLength, pathData, splitAtGaps } from './path.ts';
import { axisTicks, scaleLinear, tickLabels } from './scale.ts';
import { timeTicks } from './time-ticks.ts';

const day = 86_400_000;
const at = (date: string) => Date.parse(date);

describe('scale', () => {
  test('maps ends to ends, and a span of nothing to the middle', () => {
    const scale = scaleLinear(10, 20, 100, 0);
    assert.deepEqual([scale(10), scale(15), scale(20)], [100, 50, 0]);
    assert.equal(scaleLinear(5, 5, 0, 100)(5), 50);
  });
  test('ticks are round and cover the values', () => {
    assert.deepEqual(axisTicks(61, 139, 4), [60, 80, 100, 120, 140]);
    assert.deepEqual(axisTicks(3.9, 5.5, 4), [3.5, 4, 4.5, 5, 5.5]);
    assert.deepEqual(axisTicks(0.11, 0.29, 4), [0.1, 0.15, 0.2, 0.25, 0.3]);
  });
  test('one value has an axis too', () => {
    for (const value of [0, 80, -3]) {
      const ticks = axisTicks(value, value, 4);
      assert.ok(ticks.length >= 2 && (ticks[0] ?? 1) <= value && (ticks.at(-1) ?? -1) >= value, String(ticks));
    }
  });
  test('labels have as many decimals as the step needs', () => {
    assert.deepEqual(tickLabels([3.5, 4, 4.5]), ['3.5', '4.0', '4.5']);
    assert.deepEqual(tickLabels([60, 80]), ['60', '80']);
  });
});

describe('time ticks', () => {
  const labels = (from: string, to: string, count = 7) => timeTicks(at(from), at(to), count).map(({ label }) => label);
  test('years, months or days, as the span asks', () => {
    assert.deepEqual(labels('2021-02-01', '2026-03-01'), ['2022', '2023', '2024', '2025', '2026']);
    assert.deepEqual(labels('2025-11-15', '2026-03-01'), ['Dec 2025', 'Jan 2026', 'Feb 2026', 'Mar 2026']);
    assert.deepEqual(labels('2026-02-27', '2026-03-02'), ['27 Feb', '28 Feb', '1 Mar', '2 Mar']);
  });
  test('never more than fit, over any span', () => {
    for (const days of [0.1, 1, 9, 40, 100, 400, 900, 4000, 20_000, 40_000]) {
      for (const count of [3, 7]) assert.ok(timeTicks(0, days * day, count).length <= count + 1, `${days} ${count}`);
    }
  });
});

describe('gaps', () => {
  const points = (...days: (number | [number])[]) =>
    days.map((one) => (typeof one === 'number' ? { at: one * day, value: 1 } : { at: one[0] * day, value: undefined }));
  const shape = (...days: (number | [number])[]) =>
    splitAtGaps(points(...days)).map((run) => run.map((one) => one.at / day));
  test('a missing value breaks the line', () => {
    assert.deepEqual(shape(0, 30, [60], 90, 120), [
      [0, 30],
      [90, 120],
    ]);
    assert.deepEqual(shape([0], 30, [60]), [[30]]);
  });
  test('a long time without a reading breaks the line, a little past the limit and not at it', () => {
    assert.equal(gapLength(points(0, 30, 60, 90)), 120 * day);
    assert.deepEqual(shape(0, 30, 60, 90, 210), [[0, 30, 60, 90, 210]]);
    assert.deepEqual(shape(0, 30, 60, 90, 211), [[0, 30, 60, 90], [211]]);
  });
  test('readings once a year are joined', () => assert.deepEqual(shape(0, 365, 730), [[0, 365, 730]]));
  test('nothing, and one point', () => {
    assert.deepEqual(splitAtGaps([]), []);
    assert.deepEqual(shape(5), [[5]]);
  });
  test('path data', () => {
    const run = [
      { at: 1, value: 2 },
      { at: 3, value: 4.06 },
    ];
    assert.equal(
      pathData(
        run,
        (x) => x,
        (y) => y,
      ),
      'M1 2L3 4.1',
    );
  });
});

describe('the drawing', () => {
  const chart = (values: readonly (number | undefined)[], more: Partial<LineChart> = {}): LineChart => ({
    id: 'w',
    title: 'Weight',
    description: 'All of it',
    unit: 'kg',
    series: [{ name: 'Weight', points: values.map((value, index) => ({ at: index * 30 * day, value })) }],
    bands: [],
    ...more,
  });
  const count = (text: string, part: string) => text.split(part).length - 1;
  test('says what it is, in which unit, and shades the usual range', () => {
    const svg = String(drawLineChart(chart([80, 81], { bands: [{ low: 70, high: 75 }] }), 'wide'));
    assert.match(svg, /role="img" aria-labelledby="w-wide-title w-wide-desc"/);
    assert.match(svg, /<title id="w-wide-title">Weight<\/title>\n<desc id="w-wide-desc">All of it<\/desc>/);
    assert.match(svg, />kg<\/text>/);
    assert.equal(count(svg, 'class="band"'), 1);
  });
  test('one path for each run, a dot for what stands alone', () => {
    const svg = String(drawLineChart(chart([80, 81, undefined, 82, undefined, 83, 84]), 'wide'));
    assert.equal(count(svg, '<path'), 2);
    assert.equal(count(svg, '<circle'), 5);
  });
  test('a single point is a dot, and no point is no drawing', () => {
    const svg = String(drawLineChart(chart([80]), 'narrow'));
    assert.deepEqual([count(svg, '<path'), count(svg, '<circle')], [0, 1]);
    assert.doesNotMatch(svg, /NaN|Infinity/);
    assert.equal(drawLineChart(chart([undefined]), 'wide'), undefined);
    assert.equal(drawLineChart(chart([]), 'wide'), undefined);
  });
  test('many points are a line with the newest marked', () => {
    const svg = String(drawLineChart(chart(Array.from({ length: 600 }, (_, index) => 80 + (index % 7))), 'wide'));
    assert.equal(count(svg, '<circle'), 1);
    assert.match(svg, /chart-wide dense/);
  });
  test('text is escaped', () => {
    assert.doesNotMatch(String(drawLineChart(chart([1], { title: '<script>' }), 'wide')), /<script>/);
  });
});

/** A line chart over time as SVG: title, description, units on the axis, usual ranges shaded, gaps left open. SVG 2 §5.7. */
import { html } from 'hono/html';
import { type Point, pathData, splitAtGaps } from './path.ts';
import { axisTicks, scaleLinear, tickLabels } from './scale.ts';
import { timeTicks } from './time-ticks.ts';

export interface Series {
  readonly name: string;
  /** in the order of time */
  readonly points: readonly Point[];
}

export interface LineChart {
  /** unique on the page */
  readonly id: string;
  readonly title: string;
  readonly description: string;
  /** as people write it: kg, mmHg, mg/dL */
  readonly unit: string;
  /** one or two; the second is dashed */
  readonly series: readonly Series[];
  readonly bands: readonly { readonly low: number; readonly high: number }[];
}

/** Drawn twice, because text that fits 720 px is too small on a phone; the stylesheet shows one of them. */
const sizes = {
  wide: { width: 720, height: 260, left: 48, ticks: 7, dots: 80 },
  narrow: { width: 340, height: 240, left: 42, ticks: 3, dots: 30 },
} as const;
const top = 28;
const bottom = 32;
const right = 14;
const day = 86_400_000;

/** Nothing to draw gives undefined: the page then says so in words. */
export function drawLineChart(chart: LineChart, size: keyof typeof sizes) {
  const { width, height, left, ticks, dots } = sizes[size];
  const measured = chart.series.flatMap(({ points }) => points.filter(({ value }) => value !== undefined));
  const values = measured.map(({ value = 0 }) => value);
  if (values.length === 0) return undefined;

  const times = measured.map(({ at }) => at);
  const [first, last] = [Math.min(...times), Math.max(...times)];
  const margin = Math.max((last - first) * 0.02, last === first ? 45 * day : day);
  const x = scaleLinear(first - margin, last + margin, left, width - right);

  const ranges = chart.bands.flatMap(({ low, high }) => [low, high]);
  const [low, high] = [Math.min(...values, ...ranges), Math.max(...values, ...ranges)];
  // At least a tenth of the value in height, so that a change of grams does not look like a mountain.
  const slack = Math.max((high - low) * 0.05, (high * 0.1 - (high - low)) / 2);
  const yTicks = axisTicks(low - slack, high + slack, 4);
  const y = scaleLinear(yTicks[0] ?? 0, yTicks.at(-1) ?? 1, height - bottom, top);
  const yLabels = tickLabels(yTicks);

  const dotted = values.length / chart.series.length <= dots;
  return html`<svg class="chart chart-${size}${dotted ? '' : ' dense'}" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="${chart.id}-${size}-title ${chart.id}-${size}-desc">
<title id="${chart.id}-${size}-title">${chart.title}</title>
<desc id="${chart.id}-${size}-desc">${chart.description}</desc>
${chart.bands.map((band) => html`<rect class="band" x="${left}" y="${fix(y(band.high))}" width="${width - left - right}" height="${fix(y(band.low) - y(band.high))}"/>`)}
${yTicks.map((tick, index) => html`<line class="grid" x1="${left}" x2="${width - right}" y1="${fix(y(tick))}" y2="${fix(y(tick))}"/><text class="tick" x="${left - 8}" y="${fix(y(tick) + 4)}" text-anchor="end">${yLabels[index]}</text>`)}
<text class="unit" x="0" y="12">${chart.unit}</text>
${timeTicks(x.from, x.to, ticks).map((tick) => html`<line class="mark" x1="${fix(x(tick.at))}" x2="${fix(x(tick.at))}" y1="${height - bottom}" y2="${height - bottom + 5}"/><text class="tick" x="${fix(x(tick.at))}" y="${height - bottom + 20}" text-anchor="middle">${tick.label}</text>`)}
${chart.series.map((series, index) => drawSeries(series, index, x, y, dotted))}
</svg>`;
}

/** Dots on every reading where there is room; otherwise only on readings that stand alone, and on the newest. */
function drawSeries(
  series: Series,
  index: number,
  x: (at: number) => number,
  y: (value: number) => number,
  dotted: boolean,
) {
  const runs = splitAtGaps(series.points);
  const newest = runs.at(-1)?.at(-1);
  const dots = runs.flatMap((run) => (dotted || run.length === 1 ? run : run.filter((point) => point === newest)));
  return html`<g class="series series-${index + 1}">
${runs.filter((run) => run.length > 1).map((run) => html`<path class="line" d="${pathData(run, x, y)}"/>`)}
${dots.map((point) => html`<circle class="dot${point === newest ? ' newest' : ''}" cx="${fix(x(point.at))}" cy="${fix(y(point.value))}" r="${point === newest ? 5 : 3}"/>`)}
</g>`;
}

const fix = (value: number): number => Math.round(value * 10) / 10;

/** One measure: its newest value as a card, and its chart with the same numbers in a table. */
import { html } from 'hono/html';
import { drawLineChart, type LineChart } from '../chart/line-chart.ts';
import { showAgo, showDate } from '../dates.ts';
import type { Measure, Range } from '../measures.ts';
import type { Reading, Readings } from '../readings.ts';
import type { Part } from '../record.ts';
import { showValue, unitName } from '../units.ts';
import type { Markup } from './layout.ts';

const rangeText = ({ low, high, unit }: Range): string =>
  `${showValue({ value: low, unit })}–${showValue({ value: high, unit })}`;

const valueText = (reading: Reading): string =>
  reading.amounts.map((amount) => (amount === undefined ? '–' : showValue(amount))).join(' / ');

const isMeasured = ({ amounts }: Reading): boolean => amounts.some((amount) => amount !== undefined);

/** A word for where the newest value stands; never colour alone. */
function standing({ usual }: Readings, reading: Reading): { word: string; look: 'inside' | 'outside' } | undefined {
  const sides = reading.amounts.map((amount, index) => {
    const range = usual[index];
    if (amount === undefined || range === undefined) return undefined;
    // Compared as shown, so that 120 never stands above 120.
    const value = Number(showValue(amount));
    return value > Number(showValue({ value: range.high, unit: range.unit }))
      ? 1
      : value < Number(showValue({ value: range.low, unit: range.unit }))
        ? -1
        : 0;
  });
  if (sides.every((side) => side === undefined)) return undefined;
  if (sides.includes(1)) return { word: 'Above the usual range', look: 'outside' };
  if (sides.includes(-1)) return { word: 'Below the usual range', look: 'outside' };
  return { word: 'In the usual range', look: 'inside' };
}

export function latestCard({ title, id }: Measure, part: Part<Readings>, now: number): Markup {
  const card = (content: Markup, look = '') =>
    html`<li class="card latest ${look}"><h2><a href="#${id}">${title}</a></h2>${content}</li>`;
  if (part.kind === 'not-shared') return card(html`<p class="none">Not shared</p>`, 'empty');
  if (part.kind === 'fault') return card(html`<p class="none">Not available just now</p>`, 'empty');
  const newest = part.value.readings.findLast(isMeasured);
  if (newest === undefined) return card(html`<p class="none">No readings yet</p>`, 'empty');
  const place = standing(part.value, newest);
  return card(html`<p class="value"><strong>${valueText(newest)}</strong> <span>${unitName(part.value.unit ?? '')}</span></p>
<p class="when">${showDate(newest.date)} <span>(${showAgo(newest.at, now)})</span></p>
${place === undefined ? '' : html`<p class="chip ${place.look}">${place.word}</p>`}`);
}

export function measureSection(measure: Measure, part: Part<Readings>, reference: string, now: number): Markup {
  const section = (content: Markup) =>
    html`<section class="card measure" id="${measure.id}"><h2>${measure.title}</h2>${content}</section>`;
  if (part.kind === 'not-shared') {
    const group = measure.groups.includes('laboratory') ? 'laboratory results' : 'vital signs';
    return section(html`<p>${measure.title} is not shown, because ${group} were not shared with Vitals.</p>`);
  }
  if (part.kind === 'fault') {
    return section(html`<p>${measure.title} could not be fetched just now. Nothing is lost; load this page again in a moment.</p>
<p class="hint">If it keeps happening, quote the reference <code>${reference}</code>.</p>`);
  }
  const readings = part.value.readings.filter(isMeasured);
  if (readings.length === 0) {
    return section(
      html`<p>The record holds no readings of ${measure.noun} that Vitals may see. When one is added, it appears here.</p>`,
    );
  }
  const chart = describeChart(measure, part.value);
  return section(html`<p class="count">${countText(readings, part.complete)}</p>
${legend(measure, part.value)}
<figure>${drawLineChart(chart, 'wide') ?? ''}${drawLineChart(chart, 'narrow') ?? ''}</figure>
${notes(measure, part.value)}
${table(measure, part.value, now)}`);
}

function countText(readings: readonly Reading[], complete: boolean): string {
  const [first, last] = [readings[0], readings.at(-1)];
  const from = showDate(first?.date ?? '');
  const count =
    readings.length === 1
      ? `1 reading, of ${from}`
      : `${readings.length} readings, from ${from} to ${showDate(last?.date ?? '')}`;
  return complete ? `${count}.` : `The newest ${count}. There are older ones, which are not shown.`;
}

function describeChart(measure: Measure, { readings, unit = '', usual }: Readings): LineChart {
  const measured = readings.filter(isMeasured);
  const newest = measured.at(-1);
  return {
    id: measure.id,
    title: `${measure.title} over time, in ${unitName(unit)}`,
    description: `${countText(measured, true)} The newest is ${newest === undefined ? '' : valueText(newest)} ${unitName(unit)}. The line is open where nothing was measured. The same numbers are in the table below.`,
    unit: unitName(unit),
    series: measure.series.map(({ name }, index) => ({
      name,
      points: readings.map(({ at, amounts }) => ({ at, value: amounts[index]?.value })),
    })),
    bands: usual.filter((range) => range !== undefined),
  };
}

const seriesKey = (name: string, index: number): Markup =>
  html`<li><svg class="key" viewBox="0 0 28 12" aria-hidden="true" focusable="false"><g class="series series-${index + 1}"><path class="line" d="M1 6H27"/><circle class="dot" cx="14" cy="6" r="3"/></g></svg>${name}</li>`;

const bandKey = (measure: Measure, { usual, unit = '' }: Readings): Markup =>
  html`<li><svg class="key" viewBox="0 0 28 12" aria-hidden="true" focusable="false"><rect class="band" width="28" height="12"/></svg>Usual ${measure.usualFor ?? 'range'}: ${usual.map((range) => (range === undefined ? '–' : rangeText(range))).join(' over ')} ${unitName(unit)}</li>`;

/** Which line is which, where there are several, and what the band is, where there is one. */
function legend(measure: Measure, readings: Readings): Markup | '' {
  const lines = measure.series.length < 2 ? [] : measure.series.map(({ name }, index) => seriesKey(name, index));
  const bands = readings.usual.every((range) => range === undefined) ? [] : [bandKey(measure, readings)];
  return lines.length + bands.length === 0 ? '' : html`<ul class="legend">${[...lines, ...bands]}</ul>`;
}

const notes = (measure: Measure, { converted, undated, unit = '' }: Readings) =>
  html`${
    converted === 0
      ? ''
      : html`<p class="hint">${converted} of them ${converted === 1 ? 'was' : 'were'} recorded in another unit and turned into ${unitName(unit)}${measure.id === 'glucose' ? ' (1 mmol/L = 18.016 mg/dL)' : measure.id === 'weight' ? ' (1 lb = 0.454 kg)' : ' (1 kPa = 7.501 mmHg)'}.</p>`
  }${undated === 0 ? '' : html`<p class="hint">${undated} more ${undated === 1 ? 'has' : 'have'} no date in your record, and ${undated === 1 ? 'is' : 'are'} left out.</p>`}`;

const table = (measure: Measure, { readings, unit = '' }: Readings, now: number) => html`<details>
<summary>Show the numbers</summary>
<div class="scroll" tabindex="0" role="region" aria-label="${measure.title}, all numbers"><table>
<caption>In ${unitName(unit)}, the newest first</caption>
<thead><tr><th scope="col">Date</th>${measure.series.map(({ name }) => html`<th scope="col" class="number">${name}</th>`)}</tr></thead>
<tbody>
${readings.toReversed().map(({ date, at, amounts }) => html`<tr><th scope="row">${showDate(date)} <span class="ago">(${showAgo(at, now)})</span></th>${amounts.map((amount) => html`<td class="number">${amount === undefined ? 'no value' : showValue(amount)}</td>`)}</tr>`)}
</tbody>
</table></div>
</details>`;

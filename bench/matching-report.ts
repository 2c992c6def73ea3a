/** docs/matching.md and docs/matching.svg, written with the figures that were measured. */
import { writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import type { Verdict } from '@affinity/identity/testing/verdict.ts';
import type { MatchingFigures } from './matching.ts';

const docs = join(import.meta.dirname, '..', 'docs');

const [width, height, left, right, top, bottom] = [720, 440, 70, 20, 40, 60];
const [leastRecall, leastPrecision] = [0.8, 0.98];
const x = (recall: number): number => left + ((recall - leastRecall) / (1 - leastRecall)) * (width - left - right);
const y = (precision: number): number =>
  height - bottom - ((precision - leastPrecision) / (1 - leastPrecision)) * (height - top - bottom);

const shown = (curve: readonly Verdict[]): readonly Verdict[] =>
  curve.filter(({ recall, precision }) => recall >= leastRecall && precision >= leastPrecision);

const line = ({ severity, curve }: MatchingFigures, colour: string, dash: string): string => {
  const points = shown(curve);
  const path = points.map(({ recall, precision }) => `${x(recall).toFixed(1)},${y(precision).toFixed(1)}`).join(' ');
  const dots = points.map(
    ({ recall, precision, threshold }) =>
      `<circle cx="${x(recall).toFixed(1)}" cy="${y(precision).toFixed(1)}" r="3.5" fill="${colour}"><title>${severity}, threshold ${threshold}: precision ${precision.toFixed(4)}, recall ${recall.toFixed(4)}</title></circle>`,
  );
  const numbers = points
    .filter(({ threshold }) => threshold % 2 === 0)
    .map(
      ({ recall, precision, threshold }) =>
        `<text x="${x(recall).toFixed(1)}" y="${(y(precision) - 8).toFixed(1)}" font-size="11" text-anchor="middle" fill="${colour}">${threshold}</text>`,
    );
  return `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2"${dash}/>\n${dots.join('\n')}\n${numbers.join('\n')}`;
};

const scale = (from: number, step: number): readonly number[] =>
  Array.from({ length: Math.round((1 - from) / step) + 1 }, (_, at) => from + at * step);

const drawCurve = (figures: readonly MatchingFigures[]): string => {
  const across = scale(leastRecall, 0.05).map(
    (recall) =>
      `<line x1="${x(recall)}" y1="${top}" x2="${x(recall)}" y2="${height - bottom}" stroke="#ccc"/>` +
      `<text x="${x(recall)}" y="${height - bottom + 18}" font-size="12" text-anchor="middle" fill="#333">${recall.toFixed(2)}</text>`,
  );
  const up = scale(leastPrecision, 0.005).map(
    (precision) =>
      `<line x1="${left}" y1="${y(precision)}" x2="${width - right}" y2="${y(precision)}" stroke="#ccc"/>` +
      `<text x="${left - 8}" y="${y(precision) + 4}" font-size="12" text-anchor="end" fill="#333">${precision.toFixed(3)}</text>`,
  );
  const aim = `<rect x="${x(0.95)}" y="${y(1)}" width="${x(1) - x(0.95)}" height="${y(0.995) - y(1)}" fill="#2a7a4b" opacity="0.12"/>
<text x="${x(1) - 6}" y="${y(0.995) - 6}" font-size="12" text-anchor="end" fill="#1d5a36">the aim</text>`;
  const colours = [
    ['#1f4e8c', ''],
    ['#a3421f', ' stroke-dasharray="6 4"'],
  ] as const;
  const lines = figures.map((each, at) => {
    const [colour, dash] = colours[at] ?? colours[0];
    return line(each, colour, dash);
  });
  const names = figures.map(
    ({ severity, records }, at) =>
      `<text x="${left + 12 + at * 250}" y="24" font-size="13" fill="${(colours[at] ?? colours[0])[0]}">${at === 0 ? '—' : '- -'} ${severity}, ${records.toLocaleString('en')} records</text>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" role="img" aria-label="Precision against recall of certain links, for each threshold">
<rect width="${width}" height="${height}" fill="#fff"/>
${[...across, ...up, aim, ...lines, ...names].join('\n')}
<text x="${(left + width - right) / 2}" y="${height - 14}" font-size="13" text-anchor="middle" fill="#333">recall of certain links; beside the points their thresholds, log2 of odds</text>
<text transform="translate(18 ${(top + height - bottom) / 2}) rotate(-90)" font-size="13" text-anchor="middle" fill="#333">precision</text>
</svg>
`;
};

const row = ({ severity, records, asked, shipped, unmet, p50, p99, loadedPerSecond }: MatchingFigures): string =>
  `| ${severity} | ${records.toLocaleString('en')} | ${asked.toLocaleString('en')} | ${shipped.precision.toFixed(4)} | ${shipped.recall.toFixed(4)} | ${shipped.wrong} | ${(unmet * 100).toFixed(2)} % | ${p50.toFixed(2)} | ${p99.toFixed(2)} | ${loadedPerSecond.toFixed(0)} |`;

const table = ({ curve }: MatchingFigures): string =>
  curve
    .map(
      ({ threshold, precision, recall, wrong }) =>
        `| ${threshold} | ${precision.toFixed(4)} | ${recall.toFixed(4)} | ${wrong} |`,
    )
    .join('\n');

export const writeMatchingReport = (figures: readonly MatchingFigures[]): void => {
  const [ordinary] = figures;
  if (ordinary === undefined) return;
  const load = loadavg().map((each) => each.toFixed(1));
  const text = `# Matching: how good, how fast

Written by \`npm run bench -- matching\`, which makes the people, puts them into the index, asks about them as \`$match\`
does, and judges every pair. How matching works: [decision 31](decisions/0031-matching.md).

## What was judged

The people are made up from a seed, in the manner of the public FEBRL data sets: households that share an address, a
telephone and a name, twins, sons called as their fathers, married names; a fifth of all records are duplicates, in which
people have moved and values are mistyped, misheard, misread by a scanner, swapped, transposed or missing.
\`packages/identity/testing/population.ts\` says how often. *ordinary*: one duplicate of an original, of one in seven two.
*hard*: up to five duplicates of one original, each with one to four wrong values, so that most pairs are of two records that
are wrong in different ways.

The weights are the ones that are shipped: learned by expectation maximisation from 20,000 records of another seed, without
being told whose they are. Each of the records that was asked about was judged against all others of its population. A pair
counts as linked where its grade is *certain*, by weight and rules together, without what links of third records would add.

![Precision against recall of certain links](matching.svg)

| people | records | asked about | precision | recall | wrong links | share no key | \`$match\` p50, ms | p99, ms | loaded/s |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
${figures.map(row).join('\n')}

Aims: precision ≥ 0.995 at recall ≥ 0.95, median ≤ 10 ms over 100,000 records, ≥ 1,000 records/s. Precision, recall and wrong
links are at the threshold that is shipped, ${ordinary.shipped.threshold} (log2 of the odds). Wrong links are counted from each of
the two ends that was asked. Measured one after another on one connection to the embedded PostgreSQL, fsync on, with ${cpus().length} processors
(${cpus()[0]?.model ?? 'unknown'}), load averages ${load.join(', ')} at the end: other work ran beside it where they are above one.

## Over thresholds, ${ordinary.severity}

| threshold | precision | recall | wrong |
| --- | --- | --- | --- |
${table(ordinary)}
`;
  writeFileSync(join(docs, 'matching.md'), text);
  writeFileSync(join(docs, 'matching.svg'), drawCurve(figures));
};

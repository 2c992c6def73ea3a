/** The line of a series: broken where a value is missing, and where nothing was measured for long. */

export interface Point {
  /** milliseconds since 1970 */
  readonly at: number;
  /** undefined: somebody tried, and there is no value */
  readonly value: number | undefined;
}

export type Measured = { readonly at: number; readonly value: number };

const day = 86_400_000;

/** Longer than this between two readings is a gap: four times the usual distance, and two months at least. */
export function gapLength(points: readonly Point[]): number {
  const distances = points.slice(1).map((point, index) => point.at - (points[index]?.at ?? point.at));
  const usual = distances.toSorted((one, other) => one - other)[Math.floor(distances.length / 2)] ?? 0;
  return Math.max(4 * usual, 60 * day);
}

/** Points in the order of time → runs that may be joined by a line. A run of one point is a dot alone. */
export function splitAtGaps(points: readonly Point[], gap = gapLength(points)): readonly (readonly Measured[])[] {
  const runs: Measured[][] = [];
  let run: Measured[] = [];
  for (const { at, value } of points) {
    const before = run.at(-1);
    if (before !== undefined && (value === undefined || at - before.at > gap)) {
      runs.push(run);
      run = [];
    }
    if (value !== undefined) run.push({ at, value });
  }
  return run.length === 0 ? runs : [...runs, run];
}

const round = (value: number): number => Math.round(value * 10) / 10;

/** SVG path data of one run: `M1 2L3 4`. */
export const pathData = (run: readonly Measured[], x: (at: number) => number, y: (value: number) => number): string =>
  run.map(({ at, value }, index) => `${index === 0 ? 'M' : 'L'}${round(x(at))} ${round(y(value))}`).join('');

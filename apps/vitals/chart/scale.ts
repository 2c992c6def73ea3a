/** From numbers to places in a drawing, and which numbers stand on an axis. */

export interface Scale {
  (value: number): number;
  readonly from: number;
  readonly to: number;
}

/** Maps `from`…`to` onto `start`…`end`; a span of nothing lands in the middle. */
export function scaleLinear(from: number, to: number, start: number, end: number): Scale {
  const scale = (value: number) =>
    to === from ? (start + end) / 2 : start + ((value - from) / (to - from)) * (end - start);
  return Object.assign(scale, { from, to });
}

/** Round numbers (1, 2 or 5 times a power of ten) that cover `low`…`high`, about `count` steps of them. */
export function axisTicks(low: number, high: number, count: number): readonly number[] {
  const rough = (high - low || Math.abs(high) || 1) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5].find((factor) => factor * power >= rough * 0.999) ?? 10) * power;
  const first = Math.floor(low / step + 1e-9);
  const last = Math.max(Math.ceil(high / step - 1e-9), first + 1);
  return Array.from({ length: last - first + 1 }, (_, index) => Number(((first + index) * step).toPrecision(12)));
}

/** The same number of decimals on every tick: as many as the step between them needs. */
export function tickLabels(ticks: readonly number[]): readonly string[] {
  const decimals = Math.max(0, ...ticks.map((tick) => (String(tick).split('.')[1] ?? '').length));
  return ticks.map((tick) => tick.toFixed(decimals));
}

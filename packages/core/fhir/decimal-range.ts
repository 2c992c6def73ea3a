/**
 * A decimal is a range as wide as its precision: 100 is 99.5 to 100.5, and 100.00 is 99.995 to 100.005. FHIR R4
 * search.html#number. R4 gives 95 to 105 for `1e2`, which later versions corrected to what one significant figure
 * means, 50 to 150: so it is here.
 */

/** `low` inclusive, `high` exclusive. */
export interface DecimalRange {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

const pattern = /^([+-]?)(\d{1,40})(?:\.(\d{1,40}))?(?:[eE]([+-]?\d{1,3}))?$/;

/** The range of a decimal as FHIR writes it; undefined: it is none, or it is too large to compare. */
export const decimalRange = (text: string): DecimalRange | undefined => {
  const match = pattern.exec(text);
  if (match === null) return undefined;
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match;
  // Counted in tenths of the last digit, so that no end is off by a rounding.
  const tenths = BigInt(`${whole}${fraction}0`) * (sign === '-' ? -1n : 1n);
  const scale = `e${Number(exponent) - fraction.length - 1}`;
  const range = {
    value: Number(`${tenths}${scale}`),
    low: Number(`${tenths - 5n}${scale}`),
    high: Number(`${tenths + 5n}${scale}`),
  };
  return Object.values(range).every(Number.isFinite) ? range : undefined;
};

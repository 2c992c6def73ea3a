/** Whether a Period holds at a moment. FHIR R4 datatypes.html#Period. */
import { dateRange } from '@affinity/core/fhir/date-range.ts';

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** An end that is given lasts as long as its precision. What cannot be read holds never; without a period it holds always. */
export const holdsAt = (period: unknown, at: number): boolean => {
  if (period === undefined) return true;
  if (!isObject(period)) return false;
  const { start, end } = period;
  const from = typeof start === 'string' ? dateRange(start)?.start : start === undefined ? at : undefined;
  const to = typeof end === 'string' ? dateRange(end)?.end : end === undefined ? at + 1 : undefined;
  return from !== undefined && to !== undefined && from <= at && at < to;
};

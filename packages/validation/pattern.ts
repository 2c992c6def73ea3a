/** Fixed values and patterns. FHIR R4 elementdefinition-definitions.html#ElementDefinition.fixed[x], pattern[x]. */
import type { Demanded } from './element-tree.ts';

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isFixed = (value: unknown, fixed: unknown): boolean => {
  if (Array.isArray(value) && Array.isArray(fixed))
    return value.length === fixed.length && value.every((each, i) => isFixed(each, fixed[i]));
  if (!isObject(value) || !isObject(fixed)) return value === fixed;
  const keys = Object.keys(value);
  return keys.length === Object.keys(fixed).length && keys.every((key) => isFixed(value[key], fixed[key]));
};

/** Everything in the pattern is in the value; each member of a list in it is matched by some member. */
const hasPattern = (value: unknown, pattern: unknown): boolean => {
  if (Array.isArray(pattern))
    return Array.isArray(value) && pattern.every((part) => value.some((each) => hasPattern(each, part)));
  if (!isObject(pattern)) return value === pattern;
  return isObject(value) && Object.entries(pattern).every(([key, part]) => hasPattern(value[key], part));
};

export const meets = (value: unknown, { kind, value: demanded }: Demanded): boolean =>
  kind === 'fixed' ? isFixed(value, demanded) : hasPattern(value, demanded);

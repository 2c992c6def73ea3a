/** The values that a path leads to in a resource. FHIR R4 json.html. */
import type { Condition, Step } from './search-path.ts';

export type Json = Readonly<Record<string, unknown>>;
export const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
/** A text that is not empty. */
export const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;
export const list = (value: unknown): readonly unknown[] =>
  Array.isArray(value) ? value : value === undefined ? [] : [value];

const meets = (value: unknown, { names, value: wanted }: Condition): boolean => {
  let at: unknown = value;
  for (const name of names) at = isObject(at) ? at[name] : undefined;
  return at === wanted;
};

/** Visits every value that the steps lead to, in document order. Values that the steps do not fit are passed over. */
export const walk = (value: unknown, steps: readonly Step[], visit: (value: unknown) => void, at = 0): void => {
  if (Array.isArray(value)) {
    for (const one of value) walk(one, steps, visit, at);
    return;
  }
  if (value === undefined || value === null) return;
  const step = steps[at];
  if (step === undefined) {
    visit(value);
    return;
  }
  if (!isObject(value)) return;
  const { where } = step;
  const next = value[step.name];
  if (where === undefined) walk(next, steps, visit, at + 1);
  else
    for (const one of list(next))
      if (where.every((condition) => meets(one, condition))) walk(one, steps, visit, at + 1);
};

/** Every value that a path leads to, in document order. */
export const valuesAt = (from: Json, { steps }: { readonly steps: readonly Step[] }): readonly unknown[] => {
  const values: unknown[] = [];
  walk(from, steps, (value) => values.push(value));
  return values;
};

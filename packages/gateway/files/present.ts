/** Elements that are there: FHIR has no empty values. FHIR R4 json.html. */
import type { Exact, ExactObject } from '@affinity/core/fhir/exact-json.ts';

const isThere = (value: Exact | undefined): value is Exact =>
  value !== undefined &&
  value !== '' &&
  !(Array.isArray(value) && value.length === 0) &&
  !(typeof value === 'object' && value !== null && Object.keys(value).length === 0);

export const present = (members: Readonly<Record<string, Exact | undefined>>): ExactObject =>
  Object.fromEntries(Object.entries(members).filter((entry): entry is [string, Exact] => isThere(entry[1])));

/** Undefined where nothing is in it. */
export const presentOrNone = (members: Readonly<Record<string, Exact | undefined>>): ExactObject | undefined => {
  const made = present(members);
  return Object.keys(made).length === 0 ? undefined : made;
};
export const some = <Value>(values: readonly (Value | undefined)[]): Value[] =>
  values.filter((value): value is Value => value !== undefined);

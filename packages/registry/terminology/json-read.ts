/** Reading of artefacts that others wrote: what has not the form that is expected is as if it were not there. */

export type Json = Readonly<Record<string, unknown>>;

export const isJson = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
export const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;
export const listOf = (value: unknown): readonly Json[] => (Array.isArray(value) ? value.filter(isJson) : []);
export const textsOf = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((each): each is string => typeof each === 'string' && each !== '') : [];

/** The one member whose name begins with `value`, and its type. FHIR R4 formats.html#choice. */
export const choiceOf = (
  object: Json,
  stem = 'value',
): { readonly type: string; readonly value: unknown } | undefined => {
  const name = Object.keys(object).find((key) => key.startsWith(stem) && /^[A-Z]/.test(key.slice(stem.length)));
  return name === undefined ? undefined : { type: name.slice(stem.length), value: object[name] };
};

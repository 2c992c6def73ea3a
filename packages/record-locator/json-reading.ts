/** What stands at a place of a resource, whatever its shape is: a path that leads nowhere leads to nothing. FHIR R4 json.html. */
import { type Exact, type ExactObject, isExactObject } from '@affinity/core/fhir/exact-json.ts';

const listOf = (value: Exact | undefined): readonly Exact[] =>
  value === undefined || value === null ? [] : Array.isArray(value) ? value : [value];

/** All values at a path of names, arrays looked through: `content.attachment.url`. */
export const valuesAt = (value: Exact | undefined, path: string): readonly Exact[] =>
  path
    .split('.')
    .reduce<readonly Exact[]>(
      (found, name) => found.flatMap((one) => (isExactObject(one) ? listOf(one[name]) : [])),
      listOf(value),
    );

export const objectsAt = (value: Exact | undefined, path: string): readonly ExactObject[] =>
  valuesAt(value, path).filter(isExactObject);

export const textsAt = (value: Exact | undefined, path: string): readonly string[] =>
  valuesAt(value, path).filter((one) => typeof one === 'string');

/** The one text at a path; undefined where there is none, or are several. */
export const textAt = (value: Exact | undefined, path: string): string | undefined => {
  const [first, ...rest] = textsAt(value, path);
  return rest.length === 0 ? first : undefined;
};

/** The values of an extension of a resource, by its URL. */
export const extensionsOf = (value: Exact | undefined, url: string): readonly ExactObject[] =>
  objectsAt(value, 'extension').filter((each) => each.url === url);

/** Tokens of a value, and what `:text` and `:of-type` look for in it. FHIR R4 search.html#token. */
import { isObject, list, text } from './path-values.ts';
import type { SearchPath } from './search-path.ts';

export interface Coded {
  readonly system: string;
  readonly code: string;
}

const coding = (value: unknown): readonly Coded[] => {
  const code = isObject(value) ? text(value.code) : undefined;
  return isObject(value) && code !== undefined ? [{ system: text(value.system) ?? '', code }] : [];
};
export const identifier = (value: unknown): readonly Coded[] => {
  const code = isObject(value) ? text(value.value) : undefined;
  return isObject(value) && code !== undefined ? [{ system: text(value.system) ?? '', code }] : [];
};
const codings = (concept: unknown): readonly Coded[] => (isObject(concept) ? list(concept.coding).flatMap(coding) : []);

/**
 * Tokens of a value at the end of a path. A `code` whose required binding takes its codes from one system has that
 * system, so that `status=http://hl7.org/fhir/observation-status|final` finds it, and `status=|final`, which asks for a
 * code without a system, does not. Other primitives have none.
 */
export const tokens = ({ type, system = '' }: SearchPath, value: unknown): readonly Coded[] => {
  if (type === 'CodeableConcept') return codings(value);
  if (type === 'Coding') return coding(value);
  if (type === 'Identifier') return identifier(value);
  // Its `system` is phone, email…: not a namespace, so it is not the system of the token.
  if (type === 'ContactPoint') return identifier(value).map(({ code }) => ({ system: '', code }));
  if (typeof value === 'boolean') return [{ system: '', code: String(value) }];
  const code = text(value);
  if (code === undefined) return [];
  // A canonical is found with its version and without.
  const [url = code] = type === 'canonical' ? code.split('|') : [];
  return url === code ? [{ system, code }] : [code, url].map((one) => ({ system: '', code: one }));
};

const displays = (concept: unknown): readonly string[] =>
  isObject(concept)
    ? [
        text(concept.text),
        ...list(concept.coding).map((one) => (isObject(one) ? text(one.display) : undefined)),
      ].filter((one) => one !== undefined)
    : [];

/** Texts and displays. Of an identifier, those of its type. */
export const words = (type: string, value: unknown): readonly string[] => {
  if (!isObject(value)) return [];
  if (type === 'CodeableConcept') return displays(value);
  if (type === 'Coding') return list(text(value.display)).map(String);
  return type === 'Identifier' ? displays(value.type) : [];
};

/** An identifier under each coding of its type. */
export const typed = (type: string, value: unknown): readonly (Coded & { readonly value: string })[] => {
  const own = type === 'Identifier' && isObject(value) ? text(value.value) : undefined;
  return own === undefined || !isObject(value) ? [] : codings(value.type).map((one) => ({ ...one, value: own }));
};

/**
 * What a resource is found by, as numbers: each term is the first 63 bits of the SHA-256 of an unambiguous text, so
 * that a row holds them as a short array and every comparison is of integers. FHIR R4 search.html.
 *
 * Two different texts meet in one number once in 2^63 pairs; docs/decisions/0002-table-layout.md says what that comes to.
 */
import { hash } from 'node:crypto';

/** A positive 63-bit integer as decimal text, the way the driver takes and gives bigint. */
export type Term = string;

const hashOf = (text: string): Term => {
  const first = hash('sha256', text, 'buffer').readBigUInt64BE(0);
  return BigInt.asUintN(63, first).toString();
};

// A type and a parameter hold no blank, and a length stands before the first of two values: no two meanings share a text.
const termOf = (type: string, param: string, kind: string, first: string, second: string): Term =>
  hashOf(`${type} ${param} ${kind} ${first.length} ${first}${second}`);

/** Keys of things that are no search values: each kind has texts of its own. */
const keyOf = (kind: string, first: string, second: string): Term =>
  hashOf(`${kind.length} ${kind} ${first.length} ${first}${second}`);

/** The key of a resource in every table. */
export const resourceKey = (type: string, id: string): Term => hashOf(`${type}/${id}`);

/** Some value of the parameter stands in the resource. */
export const presentTerm = (type: string, param: string): Term => termOf(type, param, 'present', '', '');

/** A token value: any system, any code of a system, or one code of one system ('' is "no system"). */
export const codeTerm = (type: string, param: string, code: string): Term => termOf(type, param, 'code', code, '');
export const systemTerm = (type: string, param: string, system: string): Term =>
  termOf(type, param, 'system', system, '');
export const tokenTerm = (type: string, param: string, system: string, code: string): Term =>
  termOf(type, param, 'token', system, code);

/** A reference by type and id, by bare id, or by the URL of something that is elsewhere. */
export const referenceTerm = (type: string, param: string, targetType: string, id: string): Term =>
  termOf(type, param, 'reference', targetType, id);
export const referenceIdTerm = (type: string, param: string, id: string): Term => termOf(type, param, 'id', id, '');
export const urlTerm = (type: string, param: string, url: string): Term => termOf(type, param, 'url', url, '');

/** `identifier:of-type=system|code|value`. */
export const ofTypeTerm = (type: string, param: string, system: string, code: string, value: string): Term =>
  termOf(type, param, `of-type ${system.length} ${code.length}`, `${system}${code}`, value);

/** A text that `:text` looks through, folded. */
export const textTerm = (type: string, param: string, folded: string): Term => termOf(type, param, 'text', folded, '');

/** `parameter` in the tables of values. */
export const parameterKey = (type: string, param: string): Term => paramTerms(type, param).parameter;

/** The name under which the terms of a composite's component are made; `position` counts from 1. */
export const componentParam = (param: string, position: number): string => `${param}$${position}`;

/** System, code or printed unit of a quantity. The few that there are, are remembered: 5,000, then all are forgotten. */
export const quantityTextKey = (text: string): Term => {
  if (quantityTexts.size > 5_000) quantityTexts.clear();
  return getOrMake(quantityTexts, text, () => keyOf('quantity', text, ''));
};
const quantityTexts = new Map<string, Term>();

/** Base units of UCUM, or a system and code that UCUM does not know: what two quantities that compare have in common. */
export const unitKey = (system: string, code: string): Term => keyOf('unit', system, code);

/** The same, as a term of a composite's component. */
export const baseUnitTerm = (type: string, param: string, unit: Term): Term => termOf(type, param, 'unit', unit, '');

/** A canonical url of a type, with a version or without. */
export const canonicalKey = (type: string, url: string, version?: string): Term =>
  keyOf(`canonical${version === undefined ? '' : ` ${version}`}`, type, url);

/** The parameter name under which `Reference.identifier` is kept. */
export const identifierParam = (param: string): string => `${param}:identifier`;

/** A security label of the resource. */
export const labelTerm = (type: string, system: string, code: string): Term => termOf(type, '', 'label', system, code);

/** The terms that one value gives to a resource. */
export interface ValueTerms {
  /** by which the resource is found among everybody's */
  readonly posting: Term;
  readonly others: readonly Term[];
}
/** Those of a reference, and the key of what it points to. */
export interface ReferenceTerms extends ValueTerms {
  readonly target: Term;
}

/** What is remembered of one parameter of one type. */
interface ParamTerms {
  readonly present: Term;
  readonly parameter: Term;
  /** by system or target type, then by code or id */
  readonly values: Map<string, Map<string, ValueTerms>>;
  readonly references: Map<string, Map<string, ReferenceTerms>>;
  /** by the text */
  readonly texts: Map<string, Term>;
}

const kept = 50_000;
const known = new Map<string, Map<string, ParamTerms>>();
let count = 0;

const getOrMake = <Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value => {
  const found = map.get(key);
  if (found !== undefined) return found;
  const made = make();
  map.set(key, made);
  return made;
};

/**
 * The same few codes stand in most resources, so their terms are remembered: 50,000 values, then all are forgotten and
 * the frequent ones are soon back. Maps in maps, because putting a key together would cost as much as half the hash.
 */
const paramTerms = (type: string, param: string): ParamTerms => {
  if (count > kept) {
    known.clear();
    count = 0;
  }
  const ofType = getOrMake(known, type, () => new Map<string, ParamTerms>());
  return getOrMake(ofType, param, () => ({
    present: presentTerm(type, param),
    parameter: keyOf('parameter', type, param),
    values: new Map(),
    references: new Map(),
    texts: new Map(),
  }));
};

const valueTerms = <Terms>(
  values: Map<string, Map<string, Terms>>,
  first: string,
  second: string,
  make: () => Terms,
): Terms => {
  const ofFirst = getOrMake(values, first, () => new Map<string, Terms>());
  return getOrMake(ofFirst, second, () => {
    count += 1;
    return make();
  });
};

/** All terms of a token value but that of its presence. */
export const tokenTerms = (type: string, param: string, system: string, code: string): ValueTerms =>
  valueTerms(paramTerms(type, param).values, system, code, () => ({
    posting: codeTerm(type, param, code),
    others: [systemTerm(type, param, system), tokenTerm(type, param, system, code)],
  }));

/** All terms of a reference but that of its presence. */
export const referenceTerms = (type: string, param: string, targetType: string, id: string): ReferenceTerms =>
  valueTerms(paramTerms(type, param).references, targetType, id, () => ({
    posting: referenceIdTerm(type, param, id),
    others: [referenceTerm(type, param, targetType, id)],
    target: resourceKey(targetType, id),
  }));

/** The term of a text that `:text` looks through, remembered. */
export const textTermOf = (type: string, param: string, folded: string): Term =>
  getOrMake(paramTerms(type, param).texts, folded, () => {
    count += 1;
    return textTerm(type, param, folded);
  });

/** The term of a parameter's presence, remembered. */
export const presenceOf = (type: string, param: string): Term => paramTerms(type, param).present;

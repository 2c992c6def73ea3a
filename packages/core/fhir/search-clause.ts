/** A search parameter with its modifier and its alternatives: how each is read, and what is refused. FHIR R4 search.html#modifiers. */
import { fold } from './extract.ts';
import { isResourceType } from './resource-type.ts';
import { splitEscaped } from './search-escape.ts';
import { type Fault, fault, isFault } from './search-fault.ts';
import { type SearchParameter, standardParameters } from './search-parameter.ts';
import type { SearchClause, SearchValue } from './search-query.ts';
import { defaultSearchLimits, type SearchCapability, type SearchReading } from './search-settings.ts';
import {
  readComposite,
  readDate,
  readMissing,
  readNear,
  readNumber,
  readOfType,
  readQuantity,
  readReference,
  readString,
  readToken,
  readTypedReference,
  readUri,
} from './search-value.ts';

type Reader = (text: string) => SearchValue | undefined;
type Around = Pick<SearchReading, 'ownBases' | 'now'>;

/** Types of values that have a display or a text for `:text`. FHIR R4 search.html#token. */
const inWords: ReadonlySet<string> = new Set(['CodeableConcept', 'Coding', 'Identifier']);

const tokenReader = ({ paths }: SearchParameter, modifier: string | undefined): Reader | undefined => {
  if (modifier === undefined || modifier === 'not') return readToken;
  if (modifier === 'text') return paths.some(({ type }) => inWords.has(type)) ? readString : undefined;
  if (modifier === 'of-type') return paths.some(({ type }) => type === 'Identifier') ? readOfType : undefined;
  return undefined;
};

const referenceReader = (
  { targets }: SearchParameter,
  modifier: string | undefined,
  { ownBases }: Around,
): Reader | undefined => {
  if (modifier === undefined) return readReference(targets, ownBases);
  if (modifier === 'identifier') return readToken;
  const allowed = isResourceType(modifier) && (targets.length === 0 || targets.includes(modifier));
  return allowed ? readTypedReference(modifier, ownBases) : undefined;
};

/** How one value is read under a modifier; undefined: the parameter does not take the modifier. */
const readerOf = (parameter: SearchParameter, modifier: string | undefined, around: Around): Reader | undefined => {
  const { code, type } = parameter;
  const native = code === '_id' || code === '_lastUpdated';
  if (modifier === 'missing') return native ? undefined : readMissing;
  if (native && modifier !== undefined) return undefined;
  if (type === 'token') return tokenReader(parameter, modifier);
  if (type === 'reference') return referenceReader(parameter, modifier, around);
  if (type === 'string')
    return modifier === undefined || modifier === 'exact' || modifier === 'contains' ? readString : undefined;
  if (type === 'uri')
    return modifier === undefined || modifier === 'above' || modifier === 'below' ? readUri : undefined;
  if (modifier !== undefined) return undefined;
  switch (type) {
    case 'date':
      return readDate(around.now);
    case 'number':
      return readNumber;
    case 'quantity':
      return readQuantity;
    case 'composite': {
      const parts = parameter.components ?? [];
      const readers = parts.flatMap((part) => readerOf(part, undefined, around) ?? []);
      return parts.length === 0 || readers.length < parts.length ? undefined : readComposite(readers);
    }
    case 'special':
      return code === 'near' ? readNear : undefined;
  }
};

/** What cannot be compared: nothing is left of it, or it is too short to be looked for anywhere in a text. */
const textFault = (
  param: string,
  modifier: string | undefined,
  text: string,
  minContains: number,
): Fault | undefined => {
  if (modifier === 'exact') return undefined;
  const { length } = fold(text);
  if (length === 0) return fault('invalid', `${param} has a value that is empty`);
  return modifier === 'contains' && length < minContains
    ? fault('too-costly', `${param}:contains needs at least ${minContains} characters`)
    : undefined;
};

/** The alternatives of one parameter, all of them or the first fault. A modifier that is not understood is refused always. */
const readValues = (
  parameter: SearchParameter,
  modifier: string | undefined,
  text: string,
  settings: SearchReading,
): readonly SearchValue[] | Fault => {
  const { code } = parameter;
  const { maxValues, minContains = defaultSearchLimits.minContains } = settings;
  const read = readerOf(parameter, modifier, settings);
  if (read === undefined)
    return fault(
      'not-supported',
      modifier === undefined ? `${code} is not supported` : `${code} does not take the modifier :${modifier}`,
    );
  const alternatives = splitEscaped(text, ',');
  if (alternatives.length > maxValues) return fault('too-costly', `${code} has more than ${maxValues} values`);
  const values: SearchValue[] = [];
  for (const alternative of alternatives) {
    const value = read(alternative);
    if (value === undefined) return fault('invalid', `${code} has a value that is not a ${modifier ?? parameter.type}`);
    const wrong = value.kind === 'string' ? textFault(code, modifier, value.text, minContains) : undefined;
    if (wrong !== undefined) return wrong;
    values.push(value);
  }
  if (modifier === 'missing' && values.length > 1) return fault('invalid', `${code}:missing takes one value`);
  return values;
};

/** The parameter of a type that a backend can search by; undefined: it is not known. */
export const knownParameter = (
  type: string,
  param: string,
  capability: SearchCapability,
  { parameters = standardParameters }: SearchReading,
): SearchParameter | Fault | undefined => {
  const lookup = parameters.find(type, param);
  if (lookup.kind === 'unknown') return undefined;
  if (lookup.kind === 'not-indexed')
    return fault('not-supported', `search by parameters of type ${lookup.type} is not supported: ${param}`);
  return capability.searchParams.some((known) => known.name === param) ? lookup.parameter : undefined;
};

/** What `name` (a parameter with its modifier) narrows a search of this type by; undefined: the parameter is not known. */
export const parseClause = (
  type: string,
  name: string,
  text: string,
  capability: SearchCapability,
  settings: SearchReading,
): SearchClause | Fault | undefined => {
  const [param = '', modifier, ...rest] = name.split(':');
  const parameter = knownParameter(type, param, capability, settings);
  if (parameter === undefined || isFault(parameter)) return parameter;
  if (rest.length > 0) return fault('not-supported', `only one modifier may be given: ${name}`);
  const values = readValues(parameter, modifier, text, settings);
  if ('kind' in values) return values;
  return { param, ...(modifier === undefined ? {} : { modifier }), values };
};

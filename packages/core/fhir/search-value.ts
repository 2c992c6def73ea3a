/** The values of one search parameter: tokens, references, strings and dates with their escapes and prefixes. FHIR R4 search.html#ptypes, #escaping. */
import { type DateRange, dateRange, earliest, latest } from './date-range.ts';
import type { IssueType } from './outcome.ts';
import { parseReference } from './reference.ts';
import { isResourceId } from './resource.ts';
import { isResourceType } from './resource-type.ts';
import type { SearchParameter } from './search-parameter.ts';
import type { Prefix, SearchValue } from './search-query.ts';

export interface Fault {
  readonly kind: 'search-fault';
  readonly code: IssueType;
  /** for the caller */
  readonly diagnostics: string;
}
export const fault = (code: IssueType, diagnostics: string): Fault => ({ kind: 'search-fault', code, diagnostics });
export const isFault = (value: object): value is Fault => 'kind' in value && value.kind === 'search-fault';

interface ValueSettings {
  readonly ownBases: readonly string[];
  readonly now: number;
}

/** Splits at a separator that no backslash escapes; the parts keep their escapes. */
export const splitEscaped = (text: string, separator: ',' | '|'): readonly string[] => {
  const parts: string[] = [];
  let from = 0;
  for (let i = 0; i < text.length; i += 1) {
    if (text[i] === '\\') i += 1;
    else if (text[i] === separator) {
      parts.push(text.slice(from, i));
      from = i + 1;
    }
  }
  parts.push(text.slice(from));
  return parts;
};

/** `\,` `\|` `\$` `\\` stand for the character itself; any other backslash for a backslash. */
const unescaped = (text: string): string => text.replace(/\\([,|$\\])/g, '$1');

const parseToken = (text: string): SearchValue | undefined => {
  const [first = '', second, ...rest] = splitEscaped(text, '|').map(unescaped);
  if (rest.length > 0) return undefined;
  if (second === undefined) return first === '' ? undefined : { kind: 'token', code: first };
  if (second !== '') return { kind: 'token', system: first, code: second };
  return first === '' ? undefined : { kind: 'token', system: first };
};

const parseUrl = (text: string): SearchValue | undefined =>
  text === '' ? undefined : { kind: 'token', system: '', code: unescaped(text) };

/** A bare id is of the only type that the parameter may point to, where there is only one. */
const parseReferenceValue = (
  text: string,
  targets: readonly string[],
  ownBases: readonly string[],
): SearchValue | undefined => {
  const plain = unescaped(text);
  const [only, ...others] = targets;
  if (isResourceId(plain))
    return { kind: 'reference', id: plain, ...(only !== undefined && others.length === 0 ? { type: only } : {}) };
  const target = parseReference(plain, ownBases);
  if (target.kind === 'local') return { kind: 'reference', type: target.type, id: target.id };
  return target.kind === 'foreign' ? { kind: 'url', url: target.url } : undefined;
};

/** `subject:Patient=1`, or `subject:Patient=Patient/1`, which says it twice. */
const parseTypedReference = (text: string, type: string, ownBases: readonly string[]): SearchValue | undefined => {
  const value = parseReferenceValue(text, [type], ownBases);
  return value?.kind === 'reference' && value.type === type ? value : undefined;
};

/** `ap` widens by a tenth of the distance from now. FHIR R4 search.html#prefix. */
const widen = ({ start, end }: DateRange, now: number): DateRange => {
  const by = Math.round(Math.abs(now - start) / 10);
  return { start: Math.max(earliest, start - by), end: Math.min(latest, end + by) };
};
const parseDate = (text: string, now: number): SearchValue | undefined => {
  const [, prefix = 'eq', rest = ''] = /^(eq|ne|gt|lt|ge|le|sa|eb|ap)?(.*)$/s.exec(text) ?? [];
  // A `+` of a zone that was not percent-encoded arrives as a space.
  const range = dateRange(rest.replace(/ (\d{2}:\d{2})$/, '+$1'));
  if (range === undefined) return undefined;
  return { kind: 'date', prefix: prefix as Prefix, ...(prefix === 'ap' ? widen(range, now) : range) };
};

const parseMissing = (text: string): SearchValue | undefined =>
  text === 'true' || text === 'false' ? { kind: 'missing', missing: text === 'true' } : undefined;

/** How one value is read under a modifier; undefined: the parameter does not take the modifier. */
const reader = (
  { code, type, targets }: SearchParameter,
  modifier: string | undefined,
  { ownBases, now }: ValueSettings,
): ((text: string) => SearchValue | undefined) | undefined => {
  const native = code === '_id' || code === '_lastUpdated';
  if (modifier === 'missing') return native ? undefined : parseMissing;
  if (native && modifier !== undefined) return undefined;
  switch (type) {
    case 'token':
      // A URL is one code: what stands after `|` is its version.
      if (code === '_profile') return modifier === undefined ? parseUrl : undefined;
      return modifier === undefined || modifier === 'not' ? parseToken : undefined;
    case 'string':
      return modifier === undefined || modifier === 'exact' || modifier === 'contains'
        ? (text) => (text === '' ? undefined : { kind: 'string', text: unescaped(text) })
        : undefined;
    case 'date':
      return modifier === undefined ? (text) => parseDate(unescaped(text), now) : undefined;
    case 'reference': {
      if (modifier === undefined) return (text) => parseReferenceValue(text, targets, ownBases);
      if (modifier === 'identifier') return parseToken;
      const allowed = isResourceType(modifier) && (targets.length === 0 || targets.includes(modifier));
      return allowed ? (text) => parseTypedReference(text, modifier, ownBases) : undefined;
    }
    default:
      return undefined;
  }
};

/** The alternatives of one parameter, all of them or the first fault. A modifier that is not understood is refused always. */
export const parseValues = (
  parameter: SearchParameter,
  modifier: string | undefined,
  alternatives: readonly string[],
  settings: ValueSettings,
): readonly SearchValue[] | Fault => {
  const read = reader(parameter, modifier, settings);
  if (read === undefined) return fault('not-supported', `${parameter.code} does not take the modifier :${modifier}`);
  const values = alternatives.map(read);
  const sound = values.filter((value) => value !== undefined);
  if (sound.length < values.length)
    return fault('invalid', `${parameter.code} has a value that is not a ${modifier ?? parameter.type}`);
  if (modifier === 'missing' && sound.length > 1) return fault('invalid', `${parameter.code}:missing takes one value`);
  return sound;
};

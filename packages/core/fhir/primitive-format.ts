/** What the value of each primitive type may be. FHIR R4 datatypes.html#primitive, json.html#primitive. */
import type { IssueType } from './outcome.ts';

/** FHIR R4 datatypes.html#primitive. Each is matched in one pass. */
const formats: Readonly<Record<string, RegExp>> = {
  code: /^[^\s]+(\s[^\s]+)*$/,
  id: /^[A-Za-z0-9\-.]{1,64}$/,
  date: /^(?!0000)\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?$/,
  dateTime:
    /^(?!0000)\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01])(T([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?(Z|[+-]((0\d|1[0-3]):[0-5]\d|14:00)))?)?)?$/,
  instant:
    /^(?!0000)\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?(Z|[+-]((0\d|1[0-3]):[0-5]\d|14:00))$/,
  time: /^([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?$/,
  base64Binary: /^[\sA-Za-z0-9+/=]*$/,
  oid: /^urn:oid:[0-2](\.(0|[1-9]\d*))+$/,
  uuid: /^urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i,
  uri: /^\S*$/,
  url: /^\S*$/,
  canonical: /^\S*$/,
};

/** Whole numbers of 32 bits, which every reader holds without rounding. */
const ranges: Readonly<Record<string, readonly [number, number]>> = {
  integer: [-2_147_483_648, 2_147_483_647],
  unsignedInt: [0, 2_147_483_647],
  positiveInt: [1, 2_147_483_647],
};
const limited = new Set(['string', 'markdown', 'code', 'id', 'uri', 'url', 'canonical', 'oid', 'uuid']);
/** FHIR R4 datatypes.html#string: 1 MB. */
const longestString = 1024 * 1024;

const days = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
/** Whether the month has that day in that year; the form of the text has been judged before. */
const isInCalendar = (text: string): boolean => {
  const [year = 0, month = 1, day = 1] = text.slice(0, 10).split('-').map(Number);
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return day <= (days[month - 1] ?? 0) && (month !== 2 || day < 29 || isLeap);
};

export interface PrimitiveFault {
  readonly code: IssueType;
  /** plain words that do not repeat the value */
  readonly diagnostics: string;
}
const structure = (diagnostics: string): PrimitiveFault => ({ code: 'structure', diagnostics });
const wrong = (diagnostics: string): PrimitiveFault => ({ code: 'value', diagnostics });

/** FHIR R4 datatypes.html: primitives have lower-case names. */
export const isPrimitiveType = (type: string): boolean => /^[a-z]/.test(type);

const numberFault = (type: string, value: number): PrimitiveFault | undefined => {
  // JSON.parse makes infinity of 9e999999: it could be kept, and neither compared nor found.
  if (!Number.isFinite(value)) return wrong('the number is too large');
  if (type === 'decimal') return undefined;
  const [least = 0, most = 0] = ranges[type] ?? [];
  if (!Number.isInteger(value)) return wrong('a whole number is expected');
  return value >= least && value <= most ? undefined : wrong(`a whole number from ${least} to ${most} is expected`);
};

/** What is wrong with the value of a primitive type in parsed JSON; undefined: nothing. */
export const primitiveFault = (type: string, value: unknown): PrimitiveFault | undefined => {
  if (type === 'boolean') return typeof value === 'boolean' ? undefined : structure('true or false is expected');
  if (type === 'decimal' || Object.hasOwn(ranges, type))
    return typeof value === 'number' ? numberFault(type, value) : structure('a number is expected');
  if (typeof value !== 'string') return structure('a string is expected');
  // Reported as empty wherever it stands.
  if (value === '') return undefined;
  if (limited.has(type) && value.length > longestString)
    return { code: 'too-long', diagnostics: `more than ${longestString} characters` };
  if (formats[type]?.test(value) === false) return wrong(`not a valid ${type}`);
  const isDay = type === 'date' || type === 'dateTime' || type === 'instant';
  return isDay && !isInCalendar(value) ? wrong('there is no such day') : undefined;
};

/**
 * The part of a scope after `?`: search parameters that a resource must match. SMART App Launch 2.2, "Finer-grained
 * resource constraints using search parameters"; FHIR R4 search.html#escaping.
 */

export interface Constraint {
  readonly param: string;
  readonly value: string;
}

export type ConstraintsResult =
  | { readonly kind: 'constraints'; readonly constraints: readonly Constraint[] }
  | { readonly kind: 'rejected'; readonly reason: string };

/** One alternative of a constraint's value. `system` undefined: any, '': none. `code` undefined: any of the system. */
export interface ConstraintValue {
  readonly system?: string;
  readonly code?: string;
}

const rejected = (reason: string): ConstraintsResult => ({ kind: 'rejected', reason });

const percentDecode = (text: string): string | undefined => {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
};

/** Everything between `?` and the end of the scope token. */
export const parseConstraints = (query: string): ConstraintsResult => {
  const constraints: Constraint[] = [];
  for (const pair of query.split('&')) {
    const equals = pair.indexOf('=');
    if (equals < 1) return rejected('a constraint is parameter=value');
    const param = pair.slice(0, equals);
    // Modifiers, chains and `_filter` are experimental in SMART 2.2 and not offered here: they are not granted at all.
    if (!/^[A-Za-z][A-Za-z0-9-]*$/.test(param))
      return rejected('modifiers, chains and result parameters are no constraints');
    const value = percentDecode(pair.slice(equals + 1));
    if (value === undefined) return rejected('percent-encoding that is not UTF-8');
    if (constraintValues(value) === undefined)
      return rejected('a value that is not `code`, `system|code` or `Type/id`');
    constraints.push({ param, value });
  }
  return { kind: 'constraints', constraints };
};

/** Splits at a separator that is not escaped; the pieces keep their escapes. */
const splitUnescaped = (text: string, separator: string): string[] => {
  const pieces: string[] = [];
  let start = 0;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === separator) {
      pieces.push(text.slice(start, at));
      start = at + 1;
    }
  }
  pieces.push(text.slice(start));
  return pieces;
};

const withoutEscapes = (text: string): string => text.replace(/\\([\\,|$])/g, '$1');

/** The alternatives of a value (comma means or), or undefined when it is malformed. */
export const constraintValues = (value: string): readonly ConstraintValue[] | undefined => {
  if (!/^(?:[^\\\p{Cc}]|\\[\\,|$])+$/u.test(value)) return undefined;
  const values: ConstraintValue[] = [];
  for (const alternative of splitUnescaped(value, ',')) {
    const pieces = splitUnescaped(alternative, '|').map(withoutEscapes);
    const [first = '', second] = pieces;
    if (pieces.length > 2 || alternative === '' || alternative === '|') return undefined;
    if (second === undefined) values.push({ code: first });
    else values.push({ system: first, ...(second === '' ? {} : { code: second }) });
  }
  return values;
};

/** Read once for each constraint: of hundreds of scopes, each is compared with each. */
const known = new WeakMap<Constraint, readonly ConstraintValue[] | 'malformed'>();
const valuesOf = (constraint: Constraint): readonly ConstraintValue[] | 'malformed' => {
  const found = known.get(constraint) ?? constraintValues(constraint.value) ?? 'malformed';
  known.set(constraint, found);
  return found;
};

/** Whatever matches `narrow` matches `wide`. */
const valueImplies = (narrow: ConstraintValue, wide: ConstraintValue): boolean =>
  (wide.system === undefined || wide.system === narrow.system) &&
  (wide.code === undefined || wide.code === narrow.code);

/** Whatever meets the constraint `narrow` meets `wide`: every alternative of the one is within one of the other. */
export const constraintImplies = (narrow: Constraint, wide: Constraint): boolean => {
  if (narrow.param !== wide.param) return false;
  if (narrow.value === wide.value) return true;
  const ofWide = valuesOf(wide);
  const ofNarrow = valuesOf(narrow);
  if (ofWide === 'malformed' || ofNarrow === 'malformed') return false;
  return ofNarrow.every((value) => ofWide.some((other) => valueImplies(value, other)));
};

/** Each once, and none that another one already says. */
export const withoutImplied = (constraints: readonly Constraint[]): readonly Constraint[] =>
  constraints.filter(
    (constraint, at) =>
      !constraints.some(
        (other, otherAt) =>
          otherAt !== at &&
          constraintImplies(other, constraint) &&
          (otherAt < at || !constraintImplies(constraint, other)),
      ),
  );

const percentEncode = (text: string): string =>
  text.toWellFormed().replace(/[^A-Za-z0-9\-._~:/|,;@!$'()*?=]/gu, (char) => encodeURIComponent(char));

/** `?k=v&k2=v2`, or nothing; what a scope token or a query could not carry is percent-encoded. */
export const printConstraints = (constraints: readonly Constraint[]): string =>
  constraints.length === 0
    ? ''
    : `?${constraints.map(({ param, value }) => `${param}=${percentEncode(value)}`).join('&')}`;

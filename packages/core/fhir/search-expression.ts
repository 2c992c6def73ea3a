/**
 * Reads the FHIRPath that search parameters are written in, as far as paths of properties can say it: union, member
 * access, `ofType`, `as`, `where` with equal texts, `extension(url)`, `resolve() is Type` and `exists()`. Anything else
 * is a fault that says so. FHIRPath N1; FHIR R4 searchparameter-definitions.html#SearchParameter.expression.
 */
export type Expression =
  /** the resource, named by a type; or, without one, what the expression is relative to */
  | { readonly kind: 'root'; readonly type?: string }
  /** `%resource` */
  | { readonly kind: 'resource' }
  | { readonly kind: 'member'; readonly of: Expression; readonly name: string }
  | { readonly kind: 'of-type'; readonly of: Expression; readonly type: string }
  | { readonly kind: 'where'; readonly of: Expression; readonly names: readonly string[]; readonly value: string }
  | { readonly kind: 'resolves-to'; readonly of: Expression; readonly type: string }
  /** `exists()`, and `x.exists() and x != false` */
  | { readonly kind: 'exists'; readonly of: Expression; readonly beside: Expression | undefined }
  | { readonly kind: 'union'; readonly all: readonly Expression[] };

export type ReadExpression =
  | { readonly kind: 'expression'; readonly expression: Expression }
  | { readonly kind: 'fault'; readonly diagnostics: string };

/** Characters of an expression; HL7's longest has 1,900. */
export const longestExpression = 4096;
/** Alternatives of an expression: HL7's largest has 29. */
export const mostAlternatives = 64;
/** Steps of a path, and parentheses in parentheses: HL7's deepest path has 5 steps. */
export const deepestPath = 12;

/** Words, strings, and signs; a character that is none of these becomes a token of its own, which nothing takes. */
const tokensOf = (text: string): readonly string[] => text.match(/%?[A-Za-z_]\w*|'(?:[^'\\]|\\.)*'|!=|\S/g) ?? [];
const isName = (token: string | undefined): token is string => token !== undefined && /^[A-Za-z_]\w*$/.test(token);
/** The text of a string without escapes; others are beyond us. */
const literal = (token: string | undefined): string | undefined => /^'([^'\\]*)'$/.exec(token ?? '')?.[1];

/** Where a reader stands, and the first thing that it could not take. */
interface Reader {
  readonly tokens: readonly string[];
  at: number;
  alternatives: number;
  fault: string | undefined;
}
const fail = (reader: Reader, diagnostics: string): undefined => {
  reader.fault ??= diagnostics;
};
const next = (reader: Reader): string | undefined => reader.tokens[reader.at++];
const took = (reader: Reader, ...wanted: readonly string[]): boolean => {
  const is = wanted.every((token, i) => reader.tokens[reader.at + i] === token);
  if (is) reader.at += wanted.length;
  return is;
};
const take = (reader: Reader, wanted: string): boolean => {
  if (took(reader, wanted)) return true;
  const found = reader.tokens[reader.at];
  fail(reader, `${wanted} is expected ${found === undefined ? 'at the end' : `where ${found} stands`}`);
  return false;
};
const typeName = (reader: Reader): string | undefined => {
  const token = next(reader);
  return isName(token) ? token : fail(reader, 'the name of a type is expected');
};

/** What stands in `where(…)`: `resolve() is Type`, or equalities joined by `and`. */
const readCondition = (reader: Reader, of: Expression): Expression | undefined => {
  if (took(reader, 'resolve', '(', ')', 'is')) {
    const type = typeName(reader);
    return type === undefined ? undefined : { kind: 'resolves-to', of, type };
  }
  let result = of;
  do {
    const names: string[] = [];
    do {
      const name = next(reader);
      if (!isName(name)) return fail(reader, 'where() takes only an element that equals a text, or resolve() is Type');
      names.push(name);
    } while (took(reader, '.'));
    const value = took(reader, '=') ? literal(next(reader)) : undefined;
    if (value === undefined)
      return fail(reader, 'where() takes only an element that equals a text, or resolve() is Type');
    result = { kind: 'where', of: result, names, value };
  } while (took(reader, 'and'));
  return result;
};

const readFunction = (reader: Reader, of: Expression, name: string): Expression | undefined => {
  let result: Expression | undefined;
  if (name === 'exists') result = { kind: 'exists', of, beside: undefined };
  else if (name === 'ofType' || name === 'as') {
    const type = typeName(reader);
    result = type === undefined ? undefined : { kind: 'of-type', of, type };
  } else if (name === 'where') result = readCondition(reader, of);
  else if (name === 'extension') {
    const url = literal(next(reader));
    if (url === undefined) return fail(reader, 'extension() takes the url of the extension as a text');
    result = { kind: 'where', of: { kind: 'member', of, name }, names: ['url'], value: url };
  } else return fail(reader, `the function ${name}() is not among those that a search parameter may use here`);
  return result !== undefined && take(reader, ')') ? result : undefined;
};

const readTerm = (reader: Reader, depth: number): Expression | undefined => {
  if (took(reader, '(')) {
    if (depth >= deepestPath) return fail(reader, `more than ${deepestPath} parentheses in each other`);
    const inner = readUnion(reader, depth + 1);
    return inner !== undefined && take(reader, ')') ? inner : undefined;
  }
  const token = next(reader);
  if (token === '%resource') return { kind: 'resource' };
  if (token === '$' && took(reader, 'this')) return { kind: 'root' };
  if (!isName(token))
    return fail(reader, token === undefined ? 'the expression ends early' : `${token} is not understood`);
  if (/^[A-Z]/.test(token)) return { kind: 'root', type: token };
  return took(reader, '(')
    ? readFunction(reader, { kind: 'root' }, token)
    : { kind: 'member', of: { kind: 'root' }, name: token };
};

const readPath = (reader: Reader, depth: number): Expression | undefined => {
  let result = readTerm(reader, depth);
  let steps = 0;
  while (result !== undefined && took(reader, '.')) {
    steps += 1;
    if (steps > deepestPath) return fail(reader, `a path has more than ${deepestPath} steps`);
    const name = next(reader);
    if (!isName(name)) return fail(reader, 'the name of an element is expected after a point');
    result = took(reader, '(') ? readFunction(reader, result, name) : { kind: 'member', of: result, name };
  }
  return result;
};

const readAlternative = (reader: Reader, depth: number): Expression | undefined => {
  reader.alternatives += 1;
  if (reader.alternatives > mostAlternatives) return fail(reader, `more than ${mostAlternatives} alternatives`);
  const path = readPath(reader, depth);
  if (path === undefined) return undefined;
  if (took(reader, 'as')) {
    const type = typeName(reader);
    return type === undefined ? undefined : { kind: 'of-type', of: path, type };
  }
  if (path.kind === 'exists' && took(reader, 'and')) {
    const beside = readPath(reader, depth);
    if (beside === undefined || !take(reader, '!=') || !take(reader, 'false')) return undefined;
    return { ...path, beside };
  }
  return path;
};

const readUnion = (reader: Reader, depth: number): Expression | undefined => {
  const all: Expression[] = [];
  do {
    const one = readAlternative(reader, depth);
    if (one === undefined) return undefined;
    all.push(one);
  } while (took(reader, '|'));
  const [only] = all;
  return all.length === 1 ? only : { kind: 'union', all };
};

/** Reads an expression; its length, alternatives and depth are bounded. Never throws. */
export const readExpression = (text: string): ReadExpression => {
  if (text.length > longestExpression)
    return { kind: 'fault', diagnostics: `an expression has at most ${longestExpression} characters` };
  const reader: Reader = { tokens: tokensOf(text), at: 0, alternatives: 0, fault: undefined };
  const expression = readUnion(reader, 0);
  const rest = reader.tokens[reader.at];
  if (expression !== undefined && rest === undefined) return { kind: 'expression', expression };
  return { kind: 'fault', diagnostics: reader.fault ?? `${rest} is beyond what a search parameter may say here` };
};

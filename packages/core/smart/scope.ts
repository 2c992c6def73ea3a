/** SMART resource scopes as a grammar: parse and print. SMART App Launch 2.2, scopes-and-launch-context. */
import { isResourceType } from '../fhir/resource-type.ts';
import { type Constraint, parseConstraints, printConstraints } from './scope-constraint.ts';

export type Compartment = 'patient' | 'user' | 'system';
/** c create · r read, vread, instance history · u update, patch · d delete · s search, type and system history */
export type Permission = 'c' | 'r' | 'u' | 'd' | 's';

export interface ResourceScope {
  readonly compartment: Compartment;
  /** a FHIR R4 resource type, or `*` for all, present and future */
  readonly type: string;
  /** in the order c r u d s, without repetition, at least one */
  readonly permissions: readonly Permission[];
  /**
   * search-parameter constraints, all of which a resource must meet, in the order given; percent-decoded, FHIR's own
   * escapes (`\,` `\|`) kept, because they tell a comma in a code from a comma between alternatives
   */
  readonly constraints: readonly Constraint[];
  /** how it was asked for: an app that asks in v1 form is answered in v1 form */
  readonly form: 'v1' | 'v2';
}

export type ScopeResult =
  | { readonly kind: 'scope'; readonly scope: ResourceScope }
  | { readonly kind: 'rejected'; readonly reason: string };

export const permissionOrder: readonly Permission[] = ['c', 'r', 'u', 'd', 's'];

/** The words of SMART v1 and the letters that they stand for (SMART App Launch 2.2, "Scope equivalence"). */
const v1Words: ReadonlyMap<string, readonly Permission[]> = new Map([
  ['read', ['r', 's']],
  ['write', ['c', 'u', 'd']],
  ['*', ['c', 'r', 'u', 'd', 's']],
]);

/** SMART App Launch 2.2, appendix: a scope may be written as a URI with this prefix. */
const uriPrefix = 'http://smarthealthit.org/fhir/scopes/';
export const withoutUriPrefix = (token: string): string =>
  token.startsWith(uriPrefix) ? token.slice(uriPrefix.length) : token;

/** RFC 6749 §3.3 scope-token: printable ASCII without space, `"` and `\`. */
export const isScopeToken = (token: string): boolean => /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(token);

const rejected = (reason: string): ScopeResult => ({ kind: 'rejected', reason });

/**
 * One scope token. Whatever is not wholly in the grammar is rejected, never partly read: `.dus`, `.rr`, `.` and
 * `.read+write` mean nothing, and `.read` is the v1 word, not the letters r and d.
 */
export const parseResourceScope = (token: string): ScopeResult => {
  if (!isScopeToken(token)) return rejected('a character that RFC 6749 does not allow in a scope');
  const parts = /^(patient|user|system)\/([A-Za-z]+|\*)\.([a-z]+|\*)(\?.*)?$/.exec(withoutUriPrefix(token));
  if (parts === null) return rejected('not a SMART resource scope');
  const [, compartment, type = '', rights = '', query] = parts;
  if (type !== '*' && !isResourceType(type)) return rejected('not a resource type of FHIR R4');
  const of = { compartment: compartment as Compartment, type };
  const v1 = v1Words.get(rights);
  if (v1 !== undefined) {
    if (query !== undefined) return rejected('a scope in v1 form takes no constraints');
    return { kind: 'scope', scope: { ...of, permissions: v1, constraints: [], form: 'v1' } };
  }
  if (!/^c?r?u?d?s?$/.test(rights))
    return rejected('permissions are letters of cruds, in that order, each at most once');
  const permissions = permissionOrder.filter((letter) => rights.includes(letter));
  if (query === undefined) return { kind: 'scope', scope: { ...of, permissions, constraints: [], form: 'v2' } };
  const parsed = parseConstraints(query.slice(1));
  if (parsed.kind === 'rejected') return parsed;
  return { kind: 'scope', scope: { ...of, permissions, constraints: parsed.constraints, form: 'v2' } };
};

/** Back to text. A scope in v1 form that has been narrowed to letters v1 has no word for is printed in v2 form. */
export const printScope = (scope: ResourceScope): string => {
  const letters = scope.permissions.join('');
  const word =
    scope.form === 'v1' && scope.constraints.length === 0
      ? [...v1Words].find(([, permissions]) => permissions.join('') === letters)?.[0]
      : undefined;
  return `${scope.compartment}/${scope.type}.${word ?? letters}${printConstraints(scope.constraints)}`;
};

/** v1 where every source was asked in v1 and v1 has a word for the letters. */
export const formOf = (
  sources: readonly ResourceScope[],
  permissions: readonly Permission[],
  constraints: readonly Constraint[],
): ResourceScope['form'] => {
  const sayable = [...v1Words.values()].some((letters) => letters.join('') === permissions.join(''));
  return constraints.length === 0 && sayable && sources.every((source) => source.form === 'v1') ? 'v1' : 'v2';
};
